/** An RT Dose (PS3.3 A.18, C.8.8.3): its grid out of the metadata, its values, and the dose at points of a picture. */
import { TAG, itemsOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import { dot, gridOf, type Grid } from './grid'
import type { Unusable } from './layer'

const UNITS = '30040002'
const TYPE = '30040004'
const OFFSETS = '3004000C'
const SCALING = '3004000E'

export type DoseGrid = {
  readonly kind: 'dose'
  readonly title: string
  /** Of the first frame; the others lie along its normal. */
  readonly grid: Grid
  /** Of each frame along the normal from the first one, in mm and ascending, with its number from 1. */
  readonly planes: readonly { readonly along_mm: number; readonly frame: number }[]
  readonly scaling: number
  readonly bytes: 2 | 4
  readonly isSigned: boolean
  /** As the object has it: Gy, or relative to something. */
  readonly isInGray: boolean
}

export function doseGridOf(instance: DataSet): DoseGrid | Unusable {
  const kind = 'dose'
  const title = textOf(instance, TAG.SeriesDescription)
  const grid = gridOf(instance)
  const bits = numberOf(instance, TAG.BitsAllocated)
  const scaling = numberOf(instance, SCALING) ?? 0
  const frames = numberOf(instance, TAG.NumberOfFrames) ?? 1
  if (!grid || scaling <= 0 || itemsOf(instance, TAG.PerFrameFunctionalGroups).length > 0)
    return { kind, title, why: 'empty' }
  if (bits !== 16 && bits !== 32) return { kind, title, why: 'unknown' }
  const offsets = frames === 1 ? [0] : numbersOf(instance, OFFSETS)
  if (offsets.length !== frames || textOf(instance, TYPE) === 'ERROR') return { kind, title, why: 'unknown' }
  const [first = 0] = offsets
  const direction = first === 0 || grid.normal[2] >= 0 ? 1 : -1 // those that do not begin at 0 are z of the patient (C.8.8.3.2)
  const planes = offsets
    .map((offset, at) => ({ along_mm: direction * (offset - first), frame: at + 1 }))
    .sort((a, b) => a.along_mm - b.along_mm)
  return {
    ...{ kind, title, grid, planes, scaling, bytes: bits === 16 ? 2 : 4 },
    isSigned: numberOf(instance, TAG.PixelRepresentation) === 1,
    isInGray: textOf(instance, UNITS) !== 'RELATIVE',
  }
}

/** Stored values in little endian, of the frames in the order of the planes, as doses. */
export function dosesOf(
  { bytes, isSigned, scaling, grid, planes }: DoseGrid,
  stored: readonly Uint8Array[],
): Float32Array {
  const size = grid.columns * grid.rows
  const doses = new Float32Array(size * planes.length).fill(NaN)
  stored.forEach((frame, plane) => {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
    const many = Math.min(size, Math.floor(frame.byteLength / bytes))
    for (let at = 0; at < many; at++) {
      const value =
        bytes === 2
          ? isSigned
            ? view.getInt16(2 * at, true)
            : view.getUint16(2 * at, true)
          : isSigned
            ? view.getInt32(4 * at, true)
            : view.getUint32(4 * at, true)
      doses[plane * size + at] = value * scaling
    }
  })
  return doses
}

/** Trilinear, at the middle of each pixel of the target; not a number outside of the grid. */
export function dosesAt(target: Grid, { grid, planes }: DoseGrid, doses: Float32Array): Float32Array {
  const { columns, rows, plane } = target
  const out = new Float32Array(columns * rows).fill(NaN)
  const size = grid.columns * grid.rows
  const own = grid.plane
  const from = [0, 1, 2].map((axis) => (plane.origin[axis] ?? 0) - (own.origin[axis] ?? 0)) as [number, number, number]
  const steps = (direction: typeof own.row, spacing: number): readonly [number, number, number] => [
    dot(from, direction) / spacing,
    (dot(plane.row, direction) * plane.spacing_mm[0]) / spacing,
    (dot(plane.column, direction) * plane.spacing_mm[1]) / spacing,
  ]
  const [x, y, z] = [steps(own.row, own.spacing_mm[0]), steps(own.column, own.spacing_mm[1]), steps(grid.normal, 1)]
  const places = planes.map(({ along_mm }) => along_mm)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const below = planeBelow(places, z[0] + column * z[1] + row * z[2])
      const a = inside(x[0] + column * x[1] + row * x[2], grid.columns)
      const b = inside(y[0] + column * y[1] + row * y[2], grid.rows)
      if (!below || !a || !b) continue
      const first = below[0] * size + b[0] * grid.columns + a[0]
      const [right, down] = [a[1] > 0 ? 1 : 0, b[1] > 0 ? grid.columns : 0]
      const flat = (at: number): number =>
        mixed(
          mixed(doses[at] ?? NaN, doses[at + right] ?? NaN, a[1]),
          mixed(doses[at + down] ?? NaN, doses[at + down + right] ?? NaN, a[1]),
          b[1],
        )
      out[row * columns + column] = below[1] > 0 ? mixed(flat(first), flat(first + size), below[1]) : flat(first)
    }
  return out
}

const mixed = (a: number, b: number, part: number): number => a + (b - a) * part
/** Of a pixel: places that are the last one, but for how numbers are written. */
const TINY = 1e-6

/** The index below and how far behind it; undefined outside of the middles of the first and the last one. */
function inside(place: number, count: number): readonly [number, number] | undefined {
  if (!(place >= -TINY && place <= count - 1 + TINY)) return undefined
  const below = Math.min(Math.max(Math.floor(place + TINY), 0), count - 1)
  return [below, Math.max(0, place - below) < TINY ? 0 : place - below]
}

/** A grid of one plane holds for what lies in it, to half a mm. */
function planeBelow(places: readonly number[], height: number): readonly [number, number] | undefined {
  if (places.length === 1) return Math.abs(height - (places[0] ?? 0)) <= 0.5 ? [0, 0] : undefined
  const at = places.findLastIndex((place) => place <= height + TINY)
  const [lower, upper] = [places[at], places[at + 1]]
  if (lower === undefined) return undefined
  if (upper === undefined) return height <= lower + TINY ? [at, 0] : undefined
  const part = (height - lower) / (upper - lower)
  return [at, part < TINY ? 0 : part]
}
