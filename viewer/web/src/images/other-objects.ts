/** Objects that are no pictures: what each is, and what opens it. */
import { TAG, numberOf, textOf, type DataSet } from './dicom-json'
import { groupsOf, type Group } from './ecg/waveform'
import { isImage, seriesPath, type SeriesAddress } from './pictures'
import { privateClassOf, type ClassNames } from './private-classes'
import { contentOf, type Content } from './sr-content'

export type Kind =
  | 'pdf'
  | 'document'
  | 'key-objects'
  | 'report'
  | 'presentation-state'
  | 'waveform'
  | 'structures'
  | 'radiotherapy'
  | 'registration'
  | 'raw-data'
  | 'other'

export type OtherObject = {
  readonly instanceUid: string
  readonly kind: Kind
  /** As the object calls itself; empty where it does not. */
  readonly title: string
  /** What the maker calls the private class of the object; empty for classes of the standard. */
  readonly privateClass: string
  /** Where its PDF is; undefined for the others. */
  readonly address: string | undefined
  /** What a structured report says. */
  readonly content: Content | undefined
  /** The curves of an electrocardiogram that can be drawn; none of other objects. */
  readonly waveforms: readonly Group[]
  /** How many pictures it holds, none of which is drawn here; 0 without pixels. */
  readonly frames: number
}

/** SOP classes of storage without this beginning (PS3.4 B.5), the longer ones first. */
const STORAGE = '1.2.840.10008.5.1.4.1.1.'
const KINDS: readonly (readonly [string, Kind])[] = [
  ['104.1', 'pdf'],
  ['104.', 'document'],
  ['88.59', 'key-objects'],
  ['88.', 'report'],
  ['11.', 'presentation-state'],
  ['9.', 'waveform'],
  ['481.3', 'structures'],
  ['481.', 'radiotherapy'],
  ['66.1', 'registration'],
  ['66.2', 'registration'],
  ['66.3', 'registration'],
  ['66', 'raw-data'],
]

export function kindOf(sopClassUid: string): Kind {
  if (!sopClassUid.startsWith(STORAGE)) return 'other'
  const which = sopClassUid.slice(STORAGE.length)
  const found = KINDS.find(([start]) => which === start || which.startsWith(start.endsWith('.') ? start : `${start}.`))
  return found?.[1] ?? 'other'
}

const PIXELS = [TAG.PixelData, TAG.FloatPixelData, TAG.DoubleFloatPixelData]

/** Of the instances of a series those that give no picture. */
export const othersOf = (
  series: SeriesAddress,
  instances: readonly DataSet[],
  names: ClassNames = {},
): readonly OtherObject[] =>
  instances.filter((instance) => !isImage(instance)).map((instance) => otherOf(series, instance, names))

function otherOf(series: SeriesAddress, instance: DataSet, names: ClassNames): OtherObject {
  const instanceUid = textOf(instance, TAG.SOPInstanceUID)
  const kind = kindOf(textOf(instance, TAG.SOPClassUID))
  const isStructured = kind === 'report' || kind === 'key-objects'
  return {
    instanceUid,
    kind,
    title: textOf(instance, TAG.DocumentTitle) || textOf(instance, TAG.ContentLabel),
    privateClass: privateClassOf(instance, names),
    address: kind === 'pdf' ? `${seriesPath(series)}/instances/${instanceUid}/rendered` : undefined,
    waveforms: kind === 'waveform' ? groupsOf(instance) : [],
    content: isStructured ? contentOf(instance) : undefined,
    frames: PIXELS.some((tag) => instance[tag] !== undefined)
      ? Math.max(1, numberOf(instance, TAG.NumberOfFrames) ?? 1)
      : 0,
  }
}

/** Whether a person can see here all that the object says. */
export const canBeSeen = ({ address, content, waveforms }: OtherObject): boolean =>
  address !== undefined || content?.complete === true || waveforms.length > 0

/** How many pictures lie in objects of which nothing here shows any. */
export const undrawnIn = (others: readonly OtherObject[]): number =>
  others.reduce((sum, object) => sum + (canBeSeen(object) ? 0 : object.frames), 0)
