/** Whether the pictures of a series are one stack out of which other planes can be made, and how its voxels lie. */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import type { Picture } from '../pictures'
import { RENDERED } from '../rendered'
import { rescaleOf } from '../voi'

/** In mm; x to the patient's left, y to the back, z to the head (PS3.3 C.7.6.2.1.1). */
export type Point = readonly [number, number, number]

/** Along the rows, along the columns, and from slice to slice. */
export type Axis = 0 | 1 | 2

export type Volume = {
  /** In the order of `axes[2]`. */
  readonly pictures: readonly Picture[]
  /** Columns, rows and slices. */
  readonly size: readonly [number, number, number]
  /** The middle of the first voxel. */
  readonly origin: Point
  /** Of length 1 and at right angles: in which direction each axis counts. */
  readonly axes: readonly [Point, Point, Point]
  /** Between the middles of neighbours along each axis. */
  readonly spacing_mm: readonly [number, number, number]
  /** The pictures are read in the order of `axes[2]`, or against it. */
  readonly isReadForwards: boolean
}

/** Why no other plane can be made of a series. */
export type Refusal =
  | 'few'
  | 'colour'
  | 'unplaced'
  | 'not-parallel'
  | 'different'
  | 'same-place'
  | 'missing'
  | 'uneven'
  | 'tilted'
  | 'memory'

export class NotOneStack extends Error {
  /** `most_bytes`: how much memory the slices may take, where they need more. */
  constructor(
    readonly why: Refusal,
    readonly most_bytes = 0,
  ) {
    super(why)
  }
}

const LEAST_SLICES = 3
/** Of cosines and of sizes, relative to them: half a pixel over a row of 500. */
const ALIKE = 1e-3
/** How far from its place in an even stack a slice may lie, of the distance between slices. */
const UNEVEN = 0.1
/** From so many distances on a slice lies in between that is not there. */
const MISSING = 1.5
/** Nearer to each other than that, two slices show one place: phases or weightings of a series. */
const SAME_PLACE = 0.1

type Slice = { readonly picture: Picture; readonly place: Point; readonly along_mm: number }

/**
 * `most_bytes`: how much memory its slices may take. Raises NotOneStack. Slices are parallel within a thousandth, each lies
 * within a tenth of the distance from where an even stack has it, and none more than half a pixel aside of the first: of a
 * tilted gantry (PS3.3 C.8.2.1, Gantry/Detector Tilt) nothing is made that only looks right.
 */
export function volumeOf(pictures: readonly Picture[], most_bytes: number): Volume {
  const [first] = pictures
  if (!first || pictures.length < LEAST_SLICES) throw new NotOneStack('few')
  const { metadata } = first
  if (pictures.some(isColoured)) throw new NotOneStack('colour')
  const axes = axesOf(metadata)
  const [between_rows = 0, between_columns = 0] = numbersOf(metadata, TAG.PixelSpacing)
  if (!axes || !(between_rows > 0 && between_columns > 0)) throw new NotOneStack('unplaced')
  const slices = pictures.map((picture) => sliceOf(picture, axes[2])).sort((a, b) => a.along_mm - b.along_mm)
  if (!pictures.every((picture) => isParallel(picture.metadata, metadata))) throw new NotOneStack('not-parallel')
  if (!pictures.every((picture) => isAlike(picture.metadata, metadata))) throw new NotOneStack('different')
  const origin = slices[0]?.place ?? [0, 0, 0]
  const aside = (slice: Slice, axis: 0 | 1): number => Math.abs(dot(minus(slice.place, origin), axes[axis]))
  if (slices.some((slice) => aside(slice, 0) > between_columns / 2 || aside(slice, 1) > between_rows / 2))
    throw new NotOneStack('tilted')
  const distance = distanceOf(slices)
  const size = [numberOf(metadata, TAG.Columns) ?? 0, numberOf(metadata, TAG.Rows) ?? 0, slices.length] as const
  if (bytesOf(size, metadata) > most_bytes) throw new NotOneStack('memory', most_bytes)
  return {
    pictures: slices.map(({ picture }) => picture),
    size,
    origin,
    axes,
    spacing_mm: [between_columns, between_rows, distance],
    isReadForwards: slices[0]?.picture === first,
  }
}

const isColoured = ({ imageId, metadata }: Picture): boolean =>
  imageId.startsWith(`${RENDERED}:`) || !textOf(metadata, TAG.PhotometricInterpretation).startsWith('MONOCHROME')

const minus = (a: Point, b: Point): Point => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

function pointOf([x, y, z]: readonly number[]): Point | undefined {
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z]
}

/** Undefined where the picture does not say how it lies, or says what cannot be. */
export function axesOf(metadata: DataSet): Volume['axes'] | undefined {
  const cosines = numbersOf(metadata, TAG.ImageOrientationPatient)
  const [a, b] = [pointOf(cosines.slice(0, 3)), pointOf(cosines.slice(3))]
  if (!a || !b) return undefined
  const isUnit = [dot(a, a), dot(b, b)].every((length) => Math.abs(length - 1) < 10 * ALIKE)
  if (!isUnit || Math.abs(dot(a, b)) > 10 * ALIKE) return undefined
  return [a, b, [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]]
}

function sliceOf(picture: Picture, normal: Point): Slice {
  const place = pointOf(numbersOf(picture.metadata, TAG.ImagePositionPatient))
  if (!place) throw new NotOneStack('unplaced')
  return { picture, place, along_mm: dot(place, normal) }
}

/** The localizers of a series point elsewhere than its slices. */
function isParallel(one: DataSet, first: DataSet): boolean {
  const [mine, theirs] = [one, first].map((each) => numbersOf(each, TAG.ImageOrientationPatient))
  const isOneSpace = textOf(one, TAG.FrameOfReferenceUID) === textOf(first, TAG.FrameOfReferenceUID)
  return isOneSpace && mine?.length === 6 && mine.every((cosine, at) => Math.abs(cosine - (theirs?.[at] ?? 0)) <= ALIKE)
}

/** In size, in pixels and in what their values mean. */
function isAlike(one: DataSet, first: DataSet): boolean {
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= ALIKE * Math.abs(b)
  const [mine, theirs] = [one, first].map((each) => [
    numberOf(each, TAG.Rows) ?? 0,
    numberOf(each, TAG.Columns) ?? 0,
    ...numbersOf(each, TAG.PixelSpacing),
  ])
  const [own, firsts] = [rescaleOf(one), rescaleOf(first)]
  const isSame = [TAG.BitsAllocated, TAG.PixelRepresentation, TAG.PhotometricInterpretation].every(
    (tag) => textOf(one, tag) === textOf(first, tag),
  )
  const isSameValue = own.slope === firsts.slope && own.intercept === firsts.intercept
  return isSame && isSameValue && mine?.every((value, at) => isNear(value, theirs?.[at] ?? 0)) === true
}

/** In mm between slices. */
function distanceOf(slices: readonly Slice[]): number {
  const places = slices.map(({ along_mm }) => along_mm)
  const gaps = places.slice(1).map((place, at) => place - (places[at] ?? 0))
  const usual = [...gaps].sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0
  if (usual <= 0 || gaps.some((gap) => gap < SAME_PLACE * usual)) throw new NotOneStack('same-place')
  if (gaps.some((gap) => gap >= MISSING * usual)) throw new NotOneStack('missing')
  const [start, end] = [places[0] ?? 0, places[places.length - 1] ?? 0]
  const distance = (end - start) / gaps.length
  if (places.some((place, at) => Math.abs(place - start - at * distance) > UNEVEN * distance))
    throw new NotOneStack('uneven')
  return distance
}

/** As they lie in memory: a rescale by anything but whole numbers makes 4 bytes of each value. */
function bytesOf([columns, rows, slices]: Volume['size'], metadata: DataSet): number {
  const { slope, intercept } = rescaleOf(metadata)
  const stored = (numberOf(metadata, TAG.BitsAllocated) ?? 16) / 8
  return columns * rows * slices * (Number.isInteger(slope) && Number.isInteger(intercept) ? stored : 4)
}
