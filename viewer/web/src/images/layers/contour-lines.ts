/** Lines of one value through numbers that lie in a grid. */
import type { Line } from './layer'

type Point = readonly [column: number, row: number]

/**
 * Marching squares, each square cut by linear interpolation between the middles of four pixels; where one of them is not a
 * number there is no line. A saddle is cut so that its middle joins those of its corners that are like it. Lines of two points.
 */
export function linesAt(level: number, values: Float32Array, columns: number, rows: number): readonly Line[] {
  const lines: Line[] = []
  for (let row = 0; row + 1 < rows; row++)
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]] as const
      const [first = NaN] = corners
      const isAbove = first >= level
      if (corners.every((value = NaN) => value >= level === isAbove) || corners.some(Number.isNaN)) continue
      lines.push(...cutsOf(corners as Square, level, column, row))
    }
  return lines
}

/** Clockwise from the upper left. */
type Square = readonly [number, number, number, number]
const PLACES: readonly Point[] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
]

function cutsOf(corners: Square, level: number, column: number, row: number): readonly Line[] {
  const crossings = corners.flatMap((value, edge) => {
    const next = corners[(edge + 1) % 4] ?? NaN
    if (value >= level === next >= level) return []
    const [from, to] = [PLACES[edge] ?? [0, 0], PLACES[(edge + 1) % 4] ?? [0, 0]]
    const part = (level - value) / (next - value)
    const along = (axis: 0 | 1): number => from[axis] + (to[axis] - from[axis]) * part + 0.5
    return [[column + along(0), row + along(1)] as const]
  })
  const [a, b, c, d] = crossings
  if (!a || !b) return []
  if (!c || !d) return [[...a, ...b]]
  // on the edges in turn: each line cuts off one corner, of those that are unlike the middle
  const isMiddleAbove = corners.reduce((sum, value) => sum + value, 0) / 4 >= level
  return corners[0] >= level === isMiddleAbove
    ? [
        [...a, ...b],
        [...c, ...d],
      ]
    : [
        [...d, ...a],
        [...b, ...c],
      ]
}
