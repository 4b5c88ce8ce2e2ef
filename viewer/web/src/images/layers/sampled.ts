/** Frames of an object as the pixels of a picture that has other ones: what lies nearest counts. */
import { dot, type Grid } from './grid'

export type Slice = {
  readonly grid: Grid
  /** Row by row, 0 to 255. */
  readonly values: Uint8Array
}

/** Places that lie in the middle between two pixels, but for how numbers are written. */
const TINY = 1e-4

/**
 * `slices` are parallel, of one size, and in the order of their places along the normal of the first; a slice holds for what
 * is no farther from it than `half_mm`. What lies outside of all is 0.
 */
export function sampled(target: Grid, slices: readonly Slice[], half_mm: number): Uint8Array {
  const { columns, rows, plane } = target
  const out = new Uint8Array(columns * rows)
  const [first] = slices
  if (!first) return out
  const { normal } = first.grid
  const heights = slices.map(({ grid }) => dot(grid.plane.origin, normal))
  const [toColumn, toRow] = [
    dot(plane.row, normal) * plane.spacing_mm[0],
    dot(plane.column, normal) * plane.spacing_mm[1],
  ]
  const start = dot(plane.origin, normal)
  const stepsIn = slices.map(({ grid }) => stepsOf(target, grid))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = nearest(heights, start + column * toColumn + row * toRow, half_mm)
      const [slice, steps] = [slices[at], stepsIn[at]]
      if (!slice || !steps) continue
      const c = Math.floor(steps[0] + column * steps[1] + row * steps[2] + 0.5 + TINY)
      const r = Math.floor(steps[3] + column * steps[4] + row * steps[5] + 0.5 + TINY)
      if (c < 0 || r < 0 || c >= slice.grid.columns || r >= slice.grid.rows) continue
      out[row * columns + column] = slice.values[r * slice.grid.columns + c] ?? 0
    }
  return out
}

/** Column of the slice at the first pixel of the target, its step for a column and for a row there; then the same of its row. */
function stepsOf(target: Grid, slice: Grid): readonly [number, number, number, number, number, number] {
  const { origin, row, column, spacing_mm } = target.plane
  const own = slice.plane
  const from = [origin[0] - own.origin[0], origin[1] - own.origin[1], origin[2] - own.origin[2]] as const
  const [a, b] = own.spacing_mm
  const [right, down] = spacing_mm
  return [
    dot(from, own.row) / a,
    (dot(row, own.row) * right) / a,
    (dot(column, own.row) * down) / a,
    dot(from, own.column) / b,
    (dot(row, own.column) * right) / b,
    (dot(column, own.column) * down) / b,
  ]
}

/** Which of the ascending heights is nearest, where it is no farther than that; else -1. */
export function nearest(heights: readonly number[], height: number, most: number): number {
  let [low, high] = [0, heights.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((heights[middle] ?? 0) + (heights[middle + 1] ?? 0) < 2 * height) low = middle + 1
    else high = middle
  }
  return Math.abs((heights[low] ?? Infinity) - height) <= most + TINY ? low : -1
}
