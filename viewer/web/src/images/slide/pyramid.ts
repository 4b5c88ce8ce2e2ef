/** A slide as its instances say it (PS3.3 A.32.8, C.8.12.4, C.7.6.17): of each glass levels of tiles, the finest last, and what stands beside them. */
import { TAG, itemsOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import { digestOf, seriesPath, type SeriesAddress } from '../pictures'
import { containerOf, groupsOf, isOfGlass } from './glasses'

/** VL Whole Slide Microscopy Image Storage (PS3.4 B.5). */
const WHOLE_SLIDE = '1.2.840.10008.5.1.4.1.1.77.1.6'

export const isSlide = (instance: DataSet): boolean => textOf(instance, TAG.SOPClassUID) === WHOLE_SLIDE

const OF_SLIDE = {
  organization: '00209311',
  concatenation: '00209161',
  framesBefore: '00209228',
  width_mm: '00480001',
  columns: '00480006',
  rows: '00480007',
  power: '00480112',
  paths: '00480302',
  planes: '00480303',
  path: '00480106',
  pathOfFrame: '00480207',
  position: '0048021A',
  column: '0048021E',
  row: '0048021F',
  offset: '0040074A',
  measures: '00289110',
  spacing: '00280030',
} as const

/** A frame, counted from 1, of one instance. */
export type Tile = { readonly instanceUid: string; readonly frame: number; readonly digest: string }

/** How the samples of a level lie (PS3.3 C.7.6.3). */
export type Samples = {
  readonly columns: number
  readonly rows: number
  readonly count: number
  readonly bits: number
  readonly photometric: string
  readonly isPlanar: boolean
  /** Where its colour profile is; undefined without one. */
  readonly profile: { readonly InlineBinary?: string; readonly BulkDataURI?: string } | undefined
}

export type Level = {
  /** Pixels of the whole slide in this level. */
  readonly columns: number
  readonly rows: number
  /** In pixels of the finest level. */
  readonly resolution: number
  readonly across: number
  readonly down: number
  readonly samples: Samples
  /** By column and row of tiles, from 0; undefined where the slide has none there (TILED_SPARSE). */
  tileAt(x: number, y: number): Tile | undefined
}

/** An image that is no part of the pyramid; a label may carry a name. */
export type Beside = { readonly kind: 'label' | 'overview'; readonly address: string }

/** What a series of slides holds: one glass as a rule. */
export type Slide = {
  readonly path: string
  readonly glasses: readonly Glass[]
}

/** One pyramid: what is on one glass, or a part of that. */
export type Glass = {
  /** As its container is named; empty where it is not. */
  readonly container: string
  /** Coarse ones first; none where nothing of it can be laid out. */
  readonly levels: readonly Level[]
  readonly beside: readonly Beside[]
  /** Of a pixel of the finest level; undefined where nobody says. */
  readonly pixel_mm: number | undefined
  /** Of the objective; undefined where nobody says. */
  readonly power: number | undefined
  /** Optical paths and focal planes, of which the first path and the middle plane are shown. */
  readonly paths: number
  readonly planes: number
  /** What its finest level, or any of its images, says of patient and study. */
  readonly metadata: DataSet
}

/** Undefined where none of these is one. */
export function slideOf(series: SeriesAddress, instances: readonly DataSet[]): Slide | undefined {
  const slides = instances.filter(isSlide)
  if (slides.length === 0) return undefined
  const volume = slides.filter((instance) => !['LABEL', 'OVERVIEW'].includes(flavourOf(instance)))
  const path = seriesPath(series)
  const groups = groupsOf(volume)
  const stand = slides.filter((instance) => !volume.includes(instance))
  const one = groups.length < 2
  return {
    path,
    glasses: (one ? [volume] : groups).map((of) =>
      glassOf(path, of, one ? stand : stand.filter((each) => isOfGlass(each, of[0] ?? {}))),
    ),
  }
}

function glassOf(path: string, volume: readonly DataSet[], stand: readonly DataSet[]): Glass {
  const finest = volume.reduce<DataSet | undefined>(
    (best, each) => (best && columnsOf(best) >= columnsOf(each) ? best : each),
    undefined,
  )
  const said = finest ?? stand[0] ?? {}
  return {
    container: containerOf(said),
    levels: finest ? levelsOf(volume, columnsOf(finest)) : [],
    beside: stand.map((instance) => besideOf(path, instance)),
    pixel_mm: finest && spacingOf(finest),
    power: finest && numberOf(itemsOf(finest, TAG.OpticalPathSequence)[0] ?? {}, OF_SLIDE.power),
    paths: (finest && numberOf(finest, OF_SLIDE.paths)) ?? 1,
    planes: (finest && numberOf(finest, OF_SLIDE.planes)) ?? 1,
    metadata: said,
  }
}

/** Value 3 of Image Type: VOLUME, THUMBNAIL, OVERVIEW or LABEL (C.8.12.4.1.1). */
const flavourOf = (instance: DataSet): string => String(instance[TAG.ImageType]?.Value?.[2] ?? '')

const columnsOf = (instance: DataSet): number =>
  numberOf(instance, OF_SLIDE.columns) ?? numberOf(instance, TAG.Columns) ?? 0
const rowsOf = (instance: DataSet): number => numberOf(instance, OF_SLIDE.rows) ?? numberOf(instance, TAG.Rows) ?? 0

function besideOf(path: string, instance: DataSet): Beside {
  const digest = digestOf(instance)
  const address = `${path}/instances/${textOf(instance, TAG.SOPInstanceUID)}/frames/1/rendered?viewport=600,600${digest && `&digest=${digest}`}`
  return { kind: flavourOf(instance) === 'LABEL' ? 'label' : 'overview', address }
}

function spacingOf(instance: DataSet): number | undefined {
  const groups = itemsOf(instance, TAG.SharedFunctionalGroups)[0] ?? {}
  const [measured] = numbersOf(itemsOf(groups, OF_SLIDE.measures)[0] ?? {}, OF_SLIDE.spacing)
  const width_mm = numberOf(instance, OF_SLIDE.width_mm)
  const said = measured ?? (width_mm && width_mm / columnsOf(instance))
  return said && said > 0 ? said : undefined
}

/** Instances of one concatenation are one level; of several of one size the first counts, a thumbnail last. */
function levelsOf(volume: readonly DataSet[], finest: number): readonly Level[] {
  const parts = new Map<string, DataSet[]>()
  for (const instance of volume) {
    const key = textOf(instance, OF_SLIDE.concatenation) || textOf(instance, TAG.SOPInstanceUID)
    parts.set(key, [...(parts.get(key) ?? []), instance])
  }
  const bySize = new Map<number, Level>()
  const isThumbnail = (one: readonly DataSet[]): number => Number(one.some((each) => flavourOf(each) === 'THUMBNAIL'))
  for (const one of [...parts.values()].sort((a, b) => isThumbnail(a) - isThumbnail(b))) {
    const level = levelOf(one, finest)
    if (level && !bySize.has(level.columns)) bySize.set(level.columns, level)
  }
  return [...bySize.values()].sort((a, b) => a.columns - b.columns)
}

function levelOf(parts: readonly DataSet[], finest: number): Level | undefined {
  const ordered = [...parts].sort((a, b) => before(a) - before(b))
  const [first] = ordered
  const samples = first && samplesOf(first)
  if (!samples) return undefined
  const [columns, rows] = [columnsOf(first), rowsOf(first)]
  const [across, down] = [Math.ceil(columns / samples.columns), Math.ceil(rows / samples.rows)]
  const places = placesOf(ordered, samples, { across, down })
  if (!places) return undefined
  return {
    ...{ columns, rows, across, down, samples },
    resolution: finest / columns,
    tileAt: (x, y) => (x < 0 || y < 0 || x >= across || y >= down ? undefined : places(x, y)),
  }
}

const before = (part: DataSet): number => numberOf(part, OF_SLIDE.framesBefore) ?? 0
const framesIn = (part: DataSet): number => Math.max(1, numberOf(part, TAG.NumberOfFrames) ?? 1)

function samplesOf(instance: DataSet): Samples | undefined {
  const [columns, rows] = [numberOf(instance, TAG.Columns) ?? 0, numberOf(instance, TAG.Rows) ?? 0]
  if (columns <= 0 || rows <= 0) return undefined
  const path = itemsOf(instance, TAG.OpticalPathSequence)[0]
  return {
    ...{ columns, rows },
    count: numberOf(instance, TAG.SamplesPerPixel) ?? 1,
    bits: numberOf(instance, TAG.BitsAllocated) ?? 8,
    photometric: textOf(instance, TAG.PhotometricInterpretation),
    isPlanar: numberOf(instance, TAG.PlanarConfiguration) === 1,
    profile: path?.[TAG.ICCProfile] ?? instance[TAG.ICCProfile],
  }
}

type Matrix = { readonly across: number; readonly down: number }

/** Where each tile is; undefined where the tiles lie in no grid. */
function placesOf(parts: readonly DataSet[], samples: Samples, matrix: Matrix): Level['tileAt'] | undefined {
  const [first] = parts
  if (!first) return undefined
  const said = textOf(first, OF_SLIDE.organization)
  const isSparse = said ? said === 'TILED_SPARSE' : first[TAG.PerFrameFunctionalGroups] !== undefined
  return isSparse ? sparse(parts, samples) : full(parts, matrix)
}

/** Tiles from left to right, rows downwards, then focal planes, then optical paths (C.7.6.17.3). */
function full(parts: readonly DataSet[], { across, down }: Matrix): Level['tileAt'] {
  const planes = numberOf(parts[0] ?? {}, OF_SLIDE.planes) ?? 1
  const skipped = Math.floor((planes - 1) / 2) * across * down
  return (x, y) => frameOf(parts, skipped + y * across + x)
}

/** `index` counts from 0, through all parts of a concatenation. */
function frameOf(parts: readonly DataSet[], index: number): Tile | undefined {
  const offset = before(parts[0] ?? {})
  const part = parts.find((each) => index < before(each) - offset + framesIn(each))
  if (!part || index < before(part) - offset) return undefined
  return tileOf(part, index - (before(part) - offset) + 1)
}

const tileOf = (instance: DataSet, frame: number): Tile => ({
  instanceUid: textOf(instance, TAG.SOPInstanceUID),
  frame,
  digest: digestOf(instance),
})

/** Each frame says its place by the column and row of its first pixel, from 1 (C.8.12.6.1). */
function sparse(parts: readonly DataSet[], { columns, rows }: Samples): Level['tileAt'] | undefined {
  const path = textOf(itemsOf(parts[0] ?? {}, TAG.OpticalPathSequence)[0] ?? {}, OF_SLIDE.path)
  const found = new Map<string, { readonly z: number; readonly tile: Tile }[]>()
  for (const part of parts) {
    for (const [at, group] of itemsOf(part, TAG.PerFrameFunctionalGroups).entries()) {
      const position = itemsOf(group, OF_SLIDE.position)[0] ?? {}
      const own = textOf(itemsOf(group, OF_SLIDE.pathOfFrame)[0] ?? {}, OF_SLIDE.path)
      const [column, row] = [numberOf(position, OF_SLIDE.column), numberOf(position, OF_SLIDE.row)]
      if (column === undefined || row === undefined) return undefined
      const [x, y] = [(column - 1) / columns, (row - 1) / rows]
      if (!Number.isInteger(x) || !Number.isInteger(y)) return undefined
      if (path && own && own !== path) continue
      const here = found.get(`${x} ${y}`) ?? []
      here.push({ z: numberOf(position, OF_SLIDE.offset) ?? 0, tile: tileOf(part, at + 1) })
      found.set(`${x} ${y}`, here)
    }
  }
  for (const here of found.values()) here.sort((a, b) => a.z - b.z)
  return (x, y) => {
    const here = found.get(`${x} ${y}`) ?? []
    return here[Math.floor((here.length - 1) / 2)]?.tile
  }
}
