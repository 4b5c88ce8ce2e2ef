/** Where pictures lie in the patient: positions along a normal, and where one picture cuts another (PS3.3 C.7.6.2.1.1). */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'

/** In mm; x to the patient's left, y to the back, z to the head. */
export type Point = readonly [number, number, number]

export type Plane = {
  /** Planes of another frame of reference have nothing to do with this one. */
  readonly frameOfReference: string
  /** The middle of the first pixel. */
  readonly origin: Point
  /** From the first to the last pixel of a row, and of a column. */
  readonly along: Point
  readonly down: Point
  /** Of length 1. */
  readonly normal: Point
}

/** The cosine of about 18 degrees: a tilted gantry is still the same way through the body. */
const PARALLEL = 0.95

export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const plus = (a: Point, b: Point, times = 1): Point => [a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]]
const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]

/** Undefined for a picture without a place in space. */
export function planeOf(metadata: DataSet): Plane | undefined {
  const frameOfReference = textOf(metadata, TAG.FrameOfReferenceUID)
  const origin = pointOf(numbersOf(metadata, TAG.ImagePositionPatient))
  const cosines = numbersOf(metadata, TAG.ImageOrientationPatient)
  const [row, column] = [pointOf(cosines.slice(0, 3)), pointOf(cosines.slice(3))]
  if (!frameOfReference || !origin || !row || !column) return undefined
  const [betweenRows = 1, betweenColumns = 1] = numbersOf(metadata, TAG.PixelSpacing)
  const length = (tag: string, spacing: number): number => ((numberOf(metadata, tag) ?? 1) - 1) * spacing
  return {
    frameOfReference,
    origin,
    along: plus([0, 0, 0], row, length(TAG.Columns, betweenColumns)),
    down: plus([0, 0, 0], column, length(TAG.Rows, betweenRows)),
    normal: cross(row, column),
  }
}

function pointOf([x, y, z]: readonly number[]): Point | undefined {
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z]
}

export const areParallel = (a: Plane, b: Plane): boolean => Math.abs(dot(a.normal, b.normal)) > PARALLEL

/** From where to where a picture cuts another one of the same frame of reference; undefined where it does not. */
export function cutBy(target: Plane, source: Plane): readonly [Point, Point] | undefined {
  if (target.frameOfReference !== source.frameOfReference || areParallel(target, source)) return undefined
  const corners = [
    source.origin,
    plus(source.origin, source.along),
    plus(plus(source.origin, source.along), source.down),
    plus(source.origin, source.down),
  ]
  const height = (point: Point): number => dot(plus(point, target.origin, -1), target.normal)
  const crossings = corners.flatMap((from, index) => {
    const to = corners[(index + 1) % corners.length] ?? from
    const [above, below] = [height(from), height(to)]
    // a corner that lies on the plane is counted with one of its edges
    if ((above >= 0 && below >= 0) || (above < 0 && below < 0)) return []
    return [plus(from, plus(to, from, -1), above / (above - below))]
  })
  const [start, end] = crossings
  return start && end ? [start, end] : undefined
}
