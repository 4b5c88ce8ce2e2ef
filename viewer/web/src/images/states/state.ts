/**
 * Softcopy presentation states of other makers (PS3.3 A.33; C.10, C.11): what one of them says of the pictures that it names.
 * A state is offered by name, and never applied by itself.
 */
import { TAG, itemsOf, nameOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import type { Colour } from '../layers/colour'
import { ofCielab } from '../layers/colour'
import type { Turn } from '../tools/orientation'
import type { Window } from '../window-level'
import { groupOf, type BitmapShutter } from './bitmap'
import { compoundsOf } from './compound'

/** Grayscale and colour (PS3.4 B.5); states that blend or colour pictures say more than is done here. */
export const STATES: readonly string[] = ['1.2.840.10008.5.1.4.1.1.11.1', '1.2.840.10008.5.1.4.1.1.11.2']

const OF_STATE = {
  instance: '00081155',
  frames: '00081160',
  images: '00081140',
  series: '00081115',
  label: '00700080',
  description: '00700081',
  date: '00700082',
  time: '00700083',
  creator: '00700084',
  annotations: '00700001',
  layer: '00700002',
  boxUnits: '00700003',
  anchorUnits: '00700004',
  units: '00700005',
  text: '00700006',
  texts: '00700008',
  graphics: '00700009',
  boxFrom: '00700010',
  boxTo: '00700011',
  anchor: '00700014',
  anchorIsShown: '00700015',
  points: '00700022',
  type: '00700023',
  filled: '00700024',
  flip: '00700041',
  rotation: '00700042',
  areaFrom: '00700052',
  areaTo: '00700053',
  areas: '0070005A',
  layers: '00700060',
  order: '00700062',
  grey: '00700066',
  cielab: '00700401',
  windows: '00283110',
  polarity: '20500020',
  shutter: '00181600',
  shutterEdges: ['00181602', '00181604', '00181606', '00181608'],
  shutterCentre: '00181610',
  shutterRadius: '00181612',
  shutterVertices: '00181620',
} as const

/** Mask subtraction (C.7.6.10), modality and presentation lookup tables (C.11.1, C.11.4): pictures are shown without them. */
const NOT_APPLIED = ['00286100', TAG.ModalityLUTSequence, '20500010'] as const

/** PIXEL: columns and rows from the outer corner of the first pixel; DISPLAY: parts of the displayed area (C.10.5.1). */
export type Units = 'PIXEL' | 'DISPLAY'
export type Spot = readonly [number, number]

export type Graphic = {
  readonly kind: 'POINT' | 'POLYLINE' | 'INTERPOLATED' | 'CIRCLE' | 'ELLIPSE'
  readonly units: Units
  readonly points: readonly Spot[]
  readonly filled: boolean
}

export type Words = {
  readonly lines: readonly string[]
  /** Its corners; undefined where it stands at its anchor alone. */
  readonly box: { readonly units: Units; readonly from: Spot; readonly to: Spot } | undefined
  /** A line leads there from the box where `isShown`. */
  readonly anchor: { readonly units: Units; readonly at: Spot; readonly isShown: boolean } | undefined
}

/** Of which instances, each with its frames; none: of all frames. Undefined: of every picture that the state names. */
export type Pictures = ReadonlyMap<string, readonly number[]> | undefined

export type Annotation = {
  readonly of: Pictures
  readonly colour: Colour
  readonly graphics: readonly Graphic[]
  readonly words: readonly Words[]
}

/** The first and the last pixel, column and row from 1. */
export type Area = { readonly of: Pictures; readonly from: Spot; readonly to: Spot }

/** In columns and rows from the outer corner of the first pixel; what lies outside of any of them is covered. */
export type Shutter =
  | { readonly kind: 'rectangle'; readonly from: Spot; readonly to: Spot }
  | { readonly kind: 'circle'; readonly centre: Spot; readonly radius: number }
  | { readonly kind: 'polygon'; readonly points: readonly Spot[] }

export type State = {
  readonly uid: string
  readonly label: string
  readonly description: string
  readonly creator: string
  readonly maker: string
  /** As DICOM writes date and time; empty where nobody says. */
  readonly madeAt: { readonly date: string; readonly time: string }
  readonly pictures: ReadonlyMap<string, readonly number[]>
  readonly annotations: readonly Annotation[]
  readonly areas: readonly Area[]
  readonly shutters: readonly Shutter[]
  readonly bitmap: BitmapShutter | undefined
  readonly windows: readonly { readonly of: Pictures; readonly window: Window }[]
  readonly turn: Turn
  /** Low values are white; undefined where the state does not say. */
  readonly isInverse: boolean | undefined
  /** It says more than is drawn here. */
  readonly isPartial: boolean
}

/** Undefined for what is no such state; `bitmap` is that of its shutter, where it has one and its bits have come. */
export function stateOf(instance: DataSet, bitmap?: BitmapShutter): State | undefined {
  if (!STATES.includes(textOf(instance, TAG.SOPClassUID))) return undefined
  const maker = textOf(instance, TAG.Manufacturer)
  const label = textOf(instance, OF_STATE.label)
  const layers = layersOf(instance)
  const orderOf = (item: DataSet): number => layers.get(textOf(item, OF_STATE.layer))?.order ?? 0
  const annotations = [...itemsOf(instance, OF_STATE.annotations)].sort((a, b) => orderOf(a) - orderOf(b))
  const shutters = shuttersOf(instance)
  const windows = itemsOf(instance, OF_STATE.windows)
  const known = windows.flatMap(windowOf)
  const areas = itemsOf(instance, OF_STATE.areas)
  const shown = areas.flatMap(areaOf)
  const polarity = textOf(instance, OF_STATE.polarity)
  return {
    ...{ uid: textOf(instance, TAG.SOPInstanceUID), label, maker },
    description: textOf(instance, OF_STATE.description),
    creator: nameOf(instance, OF_STATE.creator),
    madeAt: { date: textOf(instance, OF_STATE.date), time: textOf(instance, OF_STATE.time) },
    pictures: new Map(itemsOf(instance, OF_STATE.series).flatMap((series) => [...(picturesOf(series) ?? [])])),
    annotations: annotations.map((item) => annotationOf(item, layers)),
    areas: shown,
    shutters: shutters.known,
    bitmap,
    windows: known,
    turn: turnOf(instance),
    isInverse: polarity === 'INVERSE' ? true : polarity === 'IDENTITY' ? false : undefined,
    isPartial:
      shutters.more ||
      (groupOf(instance) !== undefined && !bitmap) ||
      known.length < windows.length ||
      shown.length < areas.length ||
      windows.some((item) => !['', 'LINEAR'].includes(textOf(item, TAG.VOILUTFunction))) ||
      !Number.isInteger(quartersOf(instance)) ||
      NOT_APPLIED.some((tag) => instance[tag] !== undefined) ||
      annotations.some(saysMore) ||
      Object.keys(instance).some((tag) => /^60[0-9A-F]{2}3000$/.test(tag) && !tag.startsWith(groupOf(instance) ?? ' ')),
  }
}

export const applies = (of: Pictures, { instanceUid, frame }: { instanceUid: string; frame: number }): boolean => {
  if (!of) return true
  const frames = of.get(instanceUid)
  return frames !== undefined && (frames.length === 0 || frames.includes(frame))
}

function picturesOf(item: DataSet): Pictures {
  const images = itemsOf(item, OF_STATE.images)
  if (images.length === 0) return undefined
  return new Map(images.map((image) => [textOf(image, OF_STATE.instance), numbersOf(image, OF_STATE.frames)]))
}

/** A window is wider than nothing (C.11.2.1.2). */
function windowOf(item: DataSet): State['windows'] {
  const [[center], [width]] = [numbersOf(item, TAG.WindowCenter), numbersOf(item, TAG.WindowWidth)]
  if (center === undefined || width === undefined || width <= 0) return []
  return [{ of: picturesOf(item), window: { center, width } }]
}

/** It has compound graphics that nothing here draws, or words or lines of which units or values are of no use here. */
function saysMore(item: DataSet): boolean {
  const isLost = (text: DataSet): boolean => {
    const [words] = wordsOf(text)
    const [box, anchor] = [text[OF_STATE.boxFrom] ?? text[OF_STATE.boxTo], text[OF_STATE.anchor]]
    return !words || (box !== undefined && !words.box) || (anchor !== undefined && !words.anchor)
  }
  return (
    itemsOf(item, OF_STATE.graphics).some((each) => graphicOf(each).length === 0) ||
    itemsOf(item, OF_STATE.texts).some(isLost) ||
    compoundsOf(item).isPartial
  )
}

/** Clockwise; not whole for an angle that is no multiple of 90 degrees, which the standard does not know (C.10.6). */
const quartersOf = (instance: DataSet): number =>
  (((Number(instance[OF_STATE.rotation]?.Value?.[0] ?? 0) / 90) % 4) + 4) % 4

/** Clockwise first, and flipped then (PS3.3 C.10.6); here a picture is mirrored first. */
function turnOf(instance: DataSet): Turn {
  const said = quartersOf(instance)
  const quarters = Number.isInteger(said) ? said : 0
  return textOf(instance, OF_STATE.flip) === 'Y'
    ? { quarters: (4 - quarters) % 4, mirrored: true }
    : { quarters, mirrored: false }
}

/** Higher orders lie above lower ones (C.10.7). */
type Layers = ReadonlyMap<string, { readonly colour: Colour; readonly order: number }>

/** White where a layer recommends nothing; greys are P-values of 16 bits. */
function layersOf(instance: DataSet): Layers {
  return new Map(
    itemsOf(instance, OF_STATE.layers).map((layer) => {
      const grey = Math.round((numberOf(layer, OF_STATE.grey) ?? 65_535) / 257)
      const colour = ofCielab(numbersOf(layer, OF_STATE.cielab)) ?? ([grey, grey, grey] as const)
      return [textOf(layer, OF_STATE.layer), { colour, order: numberOf(layer, OF_STATE.order) ?? 0 }]
    }),
  )
}

function annotationOf(item: DataSet, layers: Layers): Annotation {
  return {
    of: picturesOf(item),
    colour: layers.get(textOf(item, OF_STATE.layer))?.colour ?? [255, 255, 255],
    graphics: [...itemsOf(item, OF_STATE.graphics).flatMap(graphicOf), ...compoundsOf(item).graphics],
    words: itemsOf(item, OF_STATE.texts).flatMap(wordsOf),
  }
}

const KINDS: ReadonlySet<string> = new Set(['POINT', 'POLYLINE', 'INTERPOLATED', 'CIRCLE', 'ELLIPSE'])
const LEAST: Readonly<Record<string, number>> = { POINT: 1, POLYLINE: 2, INTERPOLATED: 2, CIRCLE: 2, ELLIPSE: 4 }

function graphicOf(item: DataSet): readonly Graphic[] {
  const [kind, units] = [textOf(item, OF_STATE.type), unitsOf(textOf(item, OF_STATE.units))]
  const numbers = numbersOf(item, OF_STATE.points)
  const points = spotsOf(numbers)
  const isWhole = numbers.length % 2 === 0 && numbers.length === item[OF_STATE.points]?.Value?.length
  if (!KINDS.has(kind) || !units || !isWhole || points.length < (LEAST[kind] ?? 1)) return []
  return [{ kind: kind as Graphic['kind'], units, points, filled: textOf(item, OF_STATE.filled) === 'Y' }]
}

function wordsOf(item: DataSet): readonly Words[] {
  const lines = textOf(item, OF_STATE.text).split(/\r\n|\r|\n/)
  const boxUnits = unitsOf(textOf(item, OF_STATE.boxUnits))
  const [[from], [to]] = [OF_STATE.boxFrom, OF_STATE.boxTo].map((tag) => spotsOf(numbersOf(item, tag))) as [
    Spot[],
    Spot[],
  ]
  const anchorUnits = unitsOf(textOf(item, OF_STATE.anchorUnits))
  const [at] = spotsOf(numbersOf(item, OF_STATE.anchor))
  const box = boxUnits && from && to && { units: boxUnits, from, to }
  const anchor = anchorUnits && at && { units: anchorUnits, at, isShown: textOf(item, OF_STATE.anchorIsShown) === 'Y' }
  return lines.every((line) => line === '') || (!box && !anchor) ? [] : [{ lines, box, anchor }]
}

const unitsOf = (said: string): Units | undefined => (said === 'PIXEL' || said === 'DISPLAY' ? said : undefined)

function spotsOf(numbers: readonly number[]): readonly Spot[] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, at) => [
    numbers[2 * at] ?? 0,
    numbers[2 * at + 1] ?? 0,
  ])
}

/** A picture that is turned by a half has its first corner behind the last one. */
function areaOf(item: DataSet): readonly Area[] {
  const [[a], [b]] = [OF_STATE.areaFrom, OF_STATE.areaTo].map((tag) => spotsOf(numbersOf(item, tag))) as [
    Spot[],
    Spot[],
  ]
  if (!a || !b) return []
  const [from, to] = [Math.min, Math.max].map((end): Spot => [end(a[0], b[0]), end(a[1], b[1])]) as [Spot, Spot]
  return [{ of: picturesOf(item), from, to }]
}

/** C.7.6.11: edges, centre and vertices by pixels from 1, rows before columns; the pixels that they name are seen. */
function shuttersOf(instance: DataSet): { readonly known: readonly Shutter[]; readonly more: boolean } {
  const shapes = (instance[OF_STATE.shutter]?.Value ?? []).map(String)
  const known = shapes.flatMap((shape): readonly Shutter[] => {
    if (shape === 'RECTANGULAR') {
      const [left, right, top, bottom] = OF_STATE.shutterEdges.map((tag) => numberOf(instance, tag))
      if (left === undefined || right === undefined || top === undefined || bottom === undefined) return []
      return [{ kind: 'rectangle', from: [left - 1, top - 1], to: [right, bottom] }]
    }
    if (shape === 'CIRCULAR') {
      const [row, column] = numbersOf(instance, OF_STATE.shutterCentre)
      const radius = numberOf(instance, OF_STATE.shutterRadius)
      if (row === undefined || column === undefined || radius === undefined) return []
      return [{ kind: 'circle', centre: [column - 0.5, row - 0.5], radius }]
    }
    if (shape === 'BITMAP') return []
    const corners = spotsOf(numbersOf(instance, OF_STATE.shutterVertices))
    if (shape !== 'POLYGONAL' || corners.length < 3) return []
    return [{ kind: 'polygon', points: corners.map(([row, column]): Spot => [column - 0.5, row - 0.5]) }]
  })
  return { known, more: known.length < shapes.filter((shape) => shape !== 'BITMAP').length }
}
