/** Hanging protocols: which series goes where, and how it is shown, by modality, part of the body and views. */
import type { Turn } from '../tools/orientation'
import type { PresetName } from '../window-level'
import { gridFor, ONE, sizeOf, type Grid } from './grid'
import { PROJECTIONS, partOf, type BodyPart, type Hangable, type Side, type View } from './hangable'

export type Hung = {
  readonly item: Hangable
  readonly window?: PresetName
  readonly turn?: Turn
}

export type Hanging = { readonly grid: Grid; readonly cells: readonly (Hung | undefined)[] }

type Place = {
  readonly view?: View
  readonly side?: Side
  /** Words of its description. */
  readonly words?: RegExp
  /** A window that is not the picture's own. */
  readonly window?: PresetName
  /** Where the chest wall of a mammogram lies. */
  readonly wall?: 'left' | 'right'
}

type Protocol = {
  readonly modalities: readonly string[]
  readonly part?: BodyPart
  readonly grid: Grid
  readonly places: readonly Place[]
  /** `each`: every place finds its own; `some`: what does not fit is filled up; `again`: one stack in every place. */
  readonly how: 'each' | 'some' | 'again'
}

const PLAIN = ['CR', 'DX', 'RG']
const TWO: Grid = { rows: 1, columns: 2 }
const FOUR: Grid = { rows: 2, columns: 2 }
/** A stack of fewer pictures is a scout, or something like it, and gets no second window. */
const LEAST_OF_STACK = 10

/** The first that fits is taken. */
const PROTOCOLS: readonly Protocol[] = [
  {
    modalities: ['MG'],
    grid: FOUR,
    how: 'each',
    places: [
      { view: 'cc', side: 'R', wall: 'right' },
      { view: 'cc', side: 'L', wall: 'left' },
      { view: 'mlo', side: 'R', wall: 'right' },
      { view: 'mlo', side: 'L', wall: 'left' },
    ],
  },
  ...(['cc', 'mlo'] as const).map((view): Protocol => ({
    modalities: ['MG'],
    grid: TWO,
    how: 'each',
    places: [
      { view, side: 'R', wall: 'right' },
      { view, side: 'L', wall: 'left' },
    ],
  })),
  {
    modalities: PLAIN,
    grid: FOUR,
    how: 'each',
    places: [
      { view: 'frontal', side: 'R' },
      { view: 'frontal', side: 'L' },
      { view: 'lateral', side: 'R' },
      { view: 'lateral', side: 'L' },
    ],
  },
  { modalities: PLAIN, grid: TWO, how: 'each', places: [{ view: 'frontal' }, { view: 'lateral' }] },
  { modalities: PLAIN, grid: TWO, how: 'each', places: [{ side: 'R' }, { side: 'L' }] },
  { modalities: ['CT'], part: 'head', grid: TWO, how: 'again', places: [{ window: 'brain' }, { window: 'bone' }] },
  {
    modalities: ['CT'],
    part: 'chest',
    grid: TWO,
    how: 'again',
    places: [{ window: 'lung' }, { window: 'mediastinum' }],
  },
  {
    modalities: ['MR'],
    grid: FOUR,
    how: 'some',
    places: [
      { words: /T2(?!.*FLAIR)/ },
      { words: /T1/ },
      { words: /FLAIR|STIR|TIRM|压水|压脂/ },
      { words: /DWI|DIFF|弥散/ },
    ],
  },
]

/** What goes where when a case is opened; one thing alone where nothing more is known. */
export function hang(items: readonly Hangable[]): Hanging {
  for (const protocol of PROTOCOLS) {
    const hanging = fit(protocol, items)
    if (hanging) return hanging
  }
  return { grid: ONE, cells: items.slice(0, 1).map((item) => ({ item })) }
}

/** In a grid that the person chose: as the protocol hangs it and then what is left, or so much of that as there is room for. */
export function hangIn(grid: Grid, items: readonly Hangable[]): Hanging {
  const own = hang(items)
  const first = own.cells.flatMap((hung) => hung?.item ?? [])
  const ordered = [...new Set([...first, ...items])].map((item) => ({ item }))
  const room = sizeOf(grid)
  if (sizeOf(own.grid) > room) return { grid, cells: ordered.slice(0, room) }
  const left = ordered.filter(({ item }) => !first.includes(item))
  return { grid, cells: [...own.cells, ...left].slice(0, room) }
}

function fit(protocol: Protocol, items: readonly Hangable[]): Hanging | undefined {
  const fitting = items.filter(({ series }) => protocol.modalities.includes(series.modality))
  if (protocol.how === 'again') return again(protocol, fitting)
  const free = [...fitting]
  const found = protocol.places.map((place) => takeFrom(free, place))
  const whole = found.every((each) => each !== undefined)
  if (protocol.how === 'each') return whole ? { grid: protocol.grid, cells: found } : undefined
  const cells = found.map((each) => each ?? next(free)).filter((each) => each !== undefined)
  if (cells.length < 2) return undefined
  return { grid: gridFor(cells.length), cells }
}

/** The stack of most pictures, in each of the windows. */
function again({ part, grid, places }: Protocol, items: readonly Hangable[]): Hanging | undefined {
  const [item] = items
    .filter(({ series }) => partOf(series) === part && series.instances >= LEAST_OF_STACK)
    .sort((a, b) => b.series.instances - a.series.instances)
  return item && { grid, cells: places.map(({ window }) => ({ item, ...(window ? { window } : {}) })) }
}

function takeFrom(free: Hangable[], place: Place): Hung | undefined {
  const at = free.findIndex((item) => fits(item, place))
  const [item] = at < 0 ? [] : free.splice(at, 1)
  if (!item) return undefined
  const turn = place.wall && turnTo(place.wall, item)
  return { item, ...(turn ? { turn } : {}) }
}

function next(free: Hangable[]): Hung | undefined {
  const item = free.shift()
  return item && { item }
}

const fits = ({ series, view, side }: Hangable, place: Place): boolean =>
  (place.view === undefined || place.view === view) &&
  (place.side === undefined || place.side === side) &&
  (place.words === undefined || place.words.test(series.description.toUpperCase()))

/**
 * How a mammogram is turned so that its chest wall lies on that side and its upper or outer part on top, by Patient
 * Orientation (PS3.3 C.7.6.1.1.1); one that does not say how it lies is shown as it came.
 */
export function turnTo(wall: 'left' | 'right', { faces: [row, column], side, view }: Hangable): Turn | undefined {
  const lies = row.startsWith('A') ? 'left' : row.startsWith('P') ? 'right' : undefined
  if (lies === undefined) return undefined
  const inwards = side === 'R' ? 'L' : 'R'
  const upsideDown = view === 'cc' ? column.startsWith(inwards === 'L' ? 'R' : 'L') : column.startsWith('H')
  const mirrored = lies !== wall
  if (upsideDown) return { quarters: 2, mirrored: !mirrored }
  return mirrored ? { quarters: 0, mirrored } : undefined
}

export const isProjection = (modality: string): boolean => PROJECTIONS.has(modality)
