/** Where a frame lies in space: points between the patient in mm and the pixels of the frame. */

export type Point = readonly [x: number, y: number, z: number]

/** PS3.3 C.7.6.2.1.1, with the centre of the first pixel as its origin. */
export type Plane = {
  readonly origin: Point
  /** Along a row, in the direction in which the columns count. */
  readonly row: Point
  /** Along a column, in the direction in which the rows count. */
  readonly column: Point
  /** Between neighbours in a row, and in a column. */
  readonly spacing_mm: readonly [number, number]
}

/** What of a place Cornerstone knows; a picture without one lies at the origin, one mm a pixel, as it draws it. */
export type KnownPlane = {
  readonly imagePositionPatient?: ArrayLike<number> | null
  readonly rowCosines?: ArrayLike<number> | null
  readonly columnCosines?: ArrayLike<number> | null
  readonly columnPixelSpacing?: number | null
  readonly rowPixelSpacing?: number | null
}

export const planeFrom = (known: KnownPlane): Plane => ({
  origin: pointFrom(known.imagePositionPatient ?? [0, 0, 0]),
  row: pointFrom(known.rowCosines ?? [1, 0, 0]),
  column: pointFrom(known.columnCosines ?? [0, 1, 0]),
  spacing_mm: [known.columnPixelSpacing || 1, known.rowPixelSpacing || 1],
})

const pointFrom = ({ 0: x = 0, 1: y = 0, 2: z = 0 }: ArrayLike<number>): Point => [x, y, z]

/** Column and row; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2). To a hundredth of a pixel. */
export function pixelOf({ origin, row, column, spacing_mm }: Plane, point: ArrayLike<number>): [number, number] {
  const from = pointFrom(point).map((value, axis) => value - (origin[axis] ?? 0))
  const along = (direction: Point): number => from.reduce((sum, value, axis) => sum + value * (direction[axis] ?? 0), 0)
  return [hundredths(along(row) / spacing_mm[0] + 0.5), hundredths(along(column) / spacing_mm[1] + 0.5)]
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

export function pointOf(plane: Plane, [c, r]: readonly [number, number]): [number, number, number] {
  const { origin, row, column, spacing_mm } = plane
  const [right_mm, down_mm] = [(c - 0.5) * spacing_mm[0], (r - 0.5) * spacing_mm[1]]
  const on = (axis: 0 | 1 | 2): number => origin[axis] + row[axis] * right_mm + column[axis] * down_mm
  return [on(0), on(1), on(2)]
}
