/** What can be done with what stands in the active place: the one table that toolbar, keys and the page of keys read. */
import type { PictureAct, ReformatAct } from '../keys/acts'
import { text } from '../language'
import { TAG, textOf } from './dicom-json'
import type { ImageKey } from './image-keys'
import type { OtherObject } from './other-objects'
import type { Picture } from './pictures'

/** What stands in a place. */
export type Sight =
  | 'empty'
  | 'loading'
  /** Another plane was asked for, and none can be made. */
  | 'refused'
  | 'slide'
  | 'waveform'
  | 'document'
  | 'report'
  /** An object of which nothing here shows anything. */
  | 'object'
  | 'video'
  | 'failed'
  | 'still'
  | 'stack'
  /** Slices of which other planes can be made. */
  | 'volume'
  /** A plane or slab that was made. */
  | 'made'

/** What asks something of a place; what does not is offered whatever stands there. */
export type Asking = Exclude<PictureAct, 'unseen'> | ReformatAct | 'clear' | 'key'

type Ability = 'handle' | 'look' | 'measure' | 'enlarge' | 'turn' | 'film' | 'planes' | 'key'

const ASKS: Readonly<Record<Asking, Ability>> = {
  ...{ window: 'handle', zoom: 'handle', pan: 'handle', magnifier: 'handle' },
  ...{ length: 'measure', angle: 'measure', cobb: 'measure', rectangle: 'measure', ellipse: 'measure' },
  ...{ probe: 'measure', arrow: 'measure', ratio: 'measure' },
  ...{ back: 'measure', clear: 'measure', remove: 'measure' },
  ...{ invert: 'look', rotate: 'look', flip: 'look' },
  ...{ 'preset-1': 'look', 'preset-2': 'look', 'preset-3': 'look', 'preset-4': 'look', 'preset-5': 'look' },
  ...{ 'zoom-in': 'enlarge', 'zoom-out': 'enlarge', reset: 'enlarge' },
  ...{ scroll: 'turn', 'picture-before': 'turn', 'picture-after': 'turn' },
  ...{ 'pictures-before': 'turn', 'pictures-after': 'turn' },
  film: 'film',
  ...{ planes: 'planes', axial: 'planes', coronal: 'planes', sagittal: 'planes' },
  ...{ projection: 'planes', thinner: 'planes', thicker: 'planes' },
  key: 'key',
}

const STILL: readonly Ability[] = ['handle', 'look', 'measure', 'enlarge', 'key']
const STACK: readonly Ability[] = [...STILL, 'turn', 'film']

/** Everything is offered of slices, and before a picture has come: nobody waits for one to take a tool. */
type Limited = Exclude<Sight, 'loading' | 'volume'>

const CAN: Readonly<Record<Limited, ReadonlySet<Ability>>> = {
  empty: new Set(),
  refused: new Set(['planes']),
  slide: new Set(['enlarge']),
  waveform: new Set(),
  document: new Set(['turn', 'enlarge']),
  report: new Set(),
  object: new Set(),
  video: new Set(['turn']),
  failed: new Set(['turn']),
  still: new Set(STILL),
  stack: new Set(STACK),
  made: new Set([...STACK.filter((each) => each !== 'key'), 'planes']),
}

export const isAsking = (act: string): act is Asking => act in ASKS

/** Why an act is not offered there, in words; undefined where it is. A film that runs can be stopped over any picture. */
export const whyNot = (act: Asking, sight: Sight, isFilmRunning = false): string | undefined =>
  (act === 'film' && isFilmRunning) || sight === 'loading' || sight === 'volume' || CAN[sight].has(ASKS[act])
    ? undefined
    : text(`desk.sight.${sight}`)

/** What a key over the pictures asks of the place. */
export function askedBy(meant: ImageKey): Asking | undefined {
  switch (meant.kind) {
    case 'tool':
      return meant.tool
    case 'window':
      return 'preset-1'
    case 'step':
      return 'picture-after'
    case 'zoom':
      return 'zoom-in'
    case 'unseen':
      return undefined
    default:
      return meant.kind
  }
}

/** What is known of a place. */
export type Standing = {
  readonly hasContent: boolean
  readonly hasFailed: boolean
  readonly isRefused: boolean
  readonly isSlide: boolean
  readonly isMade: boolean
  /** Whether other planes can be made of its pictures. */
  readonly isVolume: boolean
  readonly count: number
  /** On the screen, or asked for. */
  readonly picture: Pick<Picture, 'metadata'> | undefined
  readonly isDrawable: boolean
  readonly others: readonly Pick<OtherObject, 'waveforms' | 'address' | 'content'>[]
}

/** Video endoscopic, microscopic and photographic images (PS3.4 B.5), which may hold pictures that are drawn. */
const VIDEO = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.77\.1\.[124]\.1$/

export function sightOf(at: Standing): Sight {
  if (!at.hasContent || at.hasFailed) return 'empty'
  if (at.isSlide) return 'slide'
  if (at.isRefused) return 'refused'
  if (!at.picture) return ofObjects(at.others)
  if (!at.isDrawable) return VIDEO.test(textOf(at.picture.metadata, TAG.SOPClassUID)) ? 'video' : 'failed'
  if (at.isMade) return 'made'
  if (at.count < 2) return 'still'
  return at.isVolume ? 'volume' : 'stack'
}

function ofObjects(others: Standing['others']): Sight {
  if (others.length === 0) return 'loading'
  if (others.some(({ address }) => address !== undefined)) return 'document'
  if (others.some(({ waveforms }) => waveforms.length > 0)) return 'waveform'
  return others.some(({ content }) => content !== undefined) ? 'report' : 'object'
}
