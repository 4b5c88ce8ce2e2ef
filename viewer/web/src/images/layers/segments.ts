/** A segmentation (PS3.3 A.51, C.8.20) out of its metadata: its segments, and what each of its frames is of. */
import { TAG, itemsOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import { frameMetadata } from '../frame-metadata'
import { ofCielab, usualColour } from './colour'
import { along, gridOf, type Grid } from './grid'
import type { Part, Unusable } from './layer'

const OF_SEGMENTS = {
  type: '00620001',
  segments: '00620002',
  number: '00620004',
  label: '00620005',
  identification: '0062000A',
  referencedNumber: '0062000B',
  colour: '0062000D',
} as const
const DERIVATION = '00089124'
const SOURCE = '00082112'
const REFERENCED_INSTANCE = '00081155'
const REFERENCED_FRAMES = '00081160'
const BETWEEN_SLICES = '00180088'
const SLIDE_PLACE = '0048021A'

export type Source = {
  readonly instanceUid: string
  /** Counted from 1; none named are all. */
  readonly frames: readonly number[]
}

export type Frame = {
  /** Counted from 1. */
  readonly number: number
  /** Undefined where each pixel says its own segment. */
  readonly segment: number | undefined
  /** Undefined where it does not say how it lies. */
  readonly grid: Grid | undefined
  readonly sources: readonly Source[]
}

/** How the stored values are to be read: bits, parts of the most, or numbers of segments. */
export type Coding =
  | { readonly kind: 'binary' }
  | { readonly kind: 'fractional'; readonly most: number }
  | { readonly kind: 'labels'; readonly bytes: 1 | 2 }

export type Segmentation = {
  readonly kind: 'segmentation'
  readonly title: string
  readonly parts: readonly Part[]
  readonly frames: readonly Frame[]
  readonly coding: Coding
  readonly columns: number
  readonly rows: number
  /** How far from a frame what it says holds. */
  readonly half_mm: number
}

export function segmentationOf(instance: DataSet): Segmentation | Unusable {
  const kind = 'segmentation'
  const title = textOf(instance, TAG.ContentLabel) || textOf(instance, TAG.SeriesDescription)
  const coding = codingOf(instance)
  const [columns, rows] = [numberOf(instance, TAG.Columns) ?? 0, numberOf(instance, TAG.Rows) ?? 0]
  if (!coding) return { kind, title, why: 'unknown' }
  const parts = itemsOf(instance, OF_SEGMENTS.segments).flatMap(partOf)
  const groups = itemsOf(instance, TAG.PerFrameFunctionalGroups)
  if (parts.length === 0 || columns * rows === 0) return { kind, title, why: 'empty' }
  if (groups.length === 0 || groups.some((group) => group[SLIDE_PLACE])) return { kind, title, why: 'slide' }
  const count = Math.min(groups.length, numberOf(instance, TAG.NumberOfFrames) ?? groups.length)
  const frames = Array.from({ length: count }, (_, at) => frameOf(instance, at + 1))
  return { kind, title, parts, frames, coding, columns, rows, half_mm: halfOf(instance, frames) }
}

function codingOf(instance: DataSet): Coding | undefined {
  const [type, bits] = [textOf(instance, OF_SEGMENTS.type), numberOf(instance, TAG.BitsAllocated)]
  if (type === 'BINARY' && bits === 1) return { kind: 'binary' }
  if (type === 'FRACTIONAL' && bits === 8)
    return { kind: 'fractional', most: numberOf(instance, TAG.MaximumFractionalValue) || 255 }
  if (type === 'LABELMAP' && (bits === 8 || bits === 16)) return { kind: 'labels', bytes: bits === 8 ? 1 : 2 }
  return undefined
}

/** Number 0 is what belongs to no segment (PS3.3 C.8.20.2.7). */
function partOf(segment: DataSet): readonly Part[] {
  const id = numberOf(segment, OF_SEGMENTS.number)
  if (!id) return []
  const colour = ofCielab(numbersOf(segment, OF_SEGMENTS.colour)) ?? usualColour(id)
  return [{ id, name: textOf(segment, OF_SEGMENTS.label), colour }]
}

function frameOf(instance: DataSet, number: number): Frame {
  const groups = [
    itemsOf(instance, TAG.PerFrameFunctionalGroups)[number - 1] ?? {},
    itemsOf(instance, TAG.SharedFunctionalGroups)[0] ?? {},
  ]
  const [identified] = groups.flatMap((group) => itemsOf(group, OF_SEGMENTS.identification))
  const sources = groups.flatMap((group) => itemsOf(group, DERIVATION)).flatMap((each) => itemsOf(each, SOURCE))
  return {
    number,
    segment: identified && numberOf(identified, OF_SEGMENTS.referencedNumber),
    grid: gridOf(frameMetadata(instance, number)),
    sources: sources.map((source) => ({
      instanceUid: textOf(source, REFERENCED_INSTANCE),
      frames: numbersOf(source, REFERENCED_FRAMES),
    })),
  }
}

/** Half of the distance that it tells between its slices, or of the least that there is; else of their thickness. */
function halfOf(instance: DataSet, frames: readonly Frame[]): number {
  const measures = itemsOf(itemsOf(instance, TAG.SharedFunctionalGroups)[0] ?? {}, '00289110')[0] ?? {}
  const told = numberOf(measures, BETWEEN_SLICES)
  if (told !== undefined && told > 0) return told / 2
  const normal = frames.find(({ grid }) => grid)?.grid?.normal
  const places = frames.flatMap(({ grid }) => (grid && normal ? [along(normal, grid)] : []))
  const sorted = [...places].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((place, at) => place - (sorted[at] ?? 0))
  const least = Math.min(...gaps.filter((gap) => gap > 0.01))
  return (Number.isFinite(least) ? least : (numberOf(measures, TAG.SliceThickness) ?? 1)) / 2
}
