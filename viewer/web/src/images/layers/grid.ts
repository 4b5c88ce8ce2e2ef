/** The pixels of a picture, or of a frame of an object, as points of the patient. */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import { planeFrom, type Plane, type Point } from '../frame-plane'

export type Grid = {
  readonly plane: Plane
  /** Of length 1. */
  readonly normal: Point
  readonly columns: number
  readonly rows: number
  /** Empty where nobody said. */
  readonly frameOfReference: string
}

/** How far cosines may differ: half a pixel over a row of 500. */
const ALIKE = 1e-3

export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]

/** Undefined for what does not say where it lies. */
export function gridOf(metadata: DataSet): Grid | undefined {
  const position = numbersOf(metadata, TAG.ImagePositionPatient)
  const cosines = numbersOf(metadata, TAG.ImageOrientationPatient)
  const [between_rows = 0, between_columns = 0] = numbersOf(metadata, TAG.PixelSpacing)
  if (position.length !== 3 || cosines.length !== 6 || !(between_rows > 0 && between_columns > 0)) return undefined
  const plane = planeFrom({
    imagePositionPatient: position,
    rowCosines: cosines.slice(0, 3),
    columnCosines: cosines.slice(3),
    columnPixelSpacing: between_columns,
    rowPixelSpacing: between_rows,
  })
  const { row: a, column: b } = plane
  return {
    plane,
    normal: [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]],
    columns: numberOf(metadata, TAG.Columns) ?? 0,
    rows: numberOf(metadata, TAG.Rows) ?? 0,
    frameOfReference: textOf(metadata, TAG.FrameOfReferenceUID),
  }
}

export const isOneSpace = (a: Grid, b: Grid): boolean =>
  a.frameOfReference !== '' && a.frameOfReference === b.frameOfReference

export const areParallel = (a: Point, b: Point): boolean => Math.abs(Math.abs(dot(a, b)) - 1) < ALIKE

/** In mm along a normal; the middle of the first pixel. */
export const along = (normal: Point, { plane }: Grid): number => dot(plane.origin, normal)

/** The same pixels at the same places, to half a pixel at the far corner. */
export function isSame(a: Grid, b: Grid): boolean {
  if (a.columns !== b.columns || a.rows !== b.rows) return false
  const corner = ({ plane: { origin, row, column, spacing_mm }, columns, rows }: Grid, c: number, r: number): Point => {
    const on = (axis: 0 | 1 | 2): number =>
      origin[axis] + row[axis] * spacing_mm[0] * c * columns + column[axis] * spacing_mm[1] * r * rows
    return [on(0), on(1), on(2)]
  }
  const most_mm = Math.min(...a.plane.spacing_mm) / 2
  return (
    [
      [0, 0],
      [1, 0],
      [0, 1],
    ] as const
  ).every(([c, r]) => {
    const apart = minus(corner(a, c, r), corner(b, c, r))
    return Math.sqrt(dot(apart, apart)) <= most_mm
  })
}

/** The heights of a grid above and below the origin, along a normal: lowest and highest of its corners. */
export function reach(normal: Point, { plane, columns, rows }: Grid): readonly [number, number] {
  const start = dot(plane.origin, normal)
  const across = dot(plane.row, normal) * plane.spacing_mm[0] * (columns - 1)
  const down = dot(plane.column, normal) * plane.spacing_mm[1] * (rows - 1)
  const ends = [start, start + across, start + down, start + across + down]
  return [Math.min(...ends), Math.max(...ends)]
}
