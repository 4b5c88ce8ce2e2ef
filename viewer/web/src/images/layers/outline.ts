/** The border of what is covered, along the edges of pixels. */
import type { Line, Mask } from './layer'

/** From so much on a pixel belongs to what is outlined. */
const HALF = 128

/** Each line is one straight run of edges, between a pixel that belongs to it and one that does not. */
export function outlineOf({ columns, rows, values }: Mask): readonly Line[] {
  const isIn = (column: number, row: number): boolean =>
    column >= 0 && row >= 0 && column < columns && row < rows && (values[row * columns + column] ?? 0) >= HALF
  const lines: Line[] = []
  for (let row = 0; row <= rows; row++)
    runs(columns, (column) => isIn(column, row - 1) !== isIn(column, row)).forEach(([from, to]) =>
      lines.push([from, row, to, row]),
    )
  for (let column = 0; column <= columns; column++)
    runs(rows, (row) => isIn(column - 1, row) !== isIn(column, row)).forEach(([from, to]) =>
      lines.push([column, from, column, to]),
    )
  return lines
}

/** Where something holds without a gap, from and up to which number. */
function runs(count: number, holds: (at: number) => boolean): readonly (readonly [number, number])[] {
  const found: [number, number][] = []
  let from = -1
  for (let at = 0; at <= count; at++) {
    const here = at < count && holds(at)
    if (here && from < 0) from = at
    if (here || from < 0) continue
    found.push([from, at])
    from = -1
  }
  return found
}
