/** What is hung on the screen: a stack, or one picture of a series of projections, with what its place depends on. */
import { TAG, itemsOf, textOf, type DataSet } from '../dicom-json'
import type { Picture } from '../pictures'
import type { Series } from '../series'

export type View = 'frontal' | 'lateral' | 'cc' | 'mlo'
export type Side = 'R' | 'L'
export type BodyPart = 'head' | 'chest' | 'abdomen'

export type Hangable = {
  readonly series: Series
  /** Of the picture in its series, from 0; undefined where the whole stack hangs in one place. */
  readonly index: number | undefined
  readonly view: View | undefined
  readonly side: Side | undefined
  /** Towards what in the patient the rows and the columns lead (PS3.3 C.7.6.1.1.1); empty where nobody said. */
  readonly faces: readonly [string, string]
}

/** Modalities of single pictures, each in a place of its own. */
export const PROJECTIONS: ReadonlySet<string> = new Set(['CR', 'DX', 'RG', 'MG'])

export const ofStack = (series: Series): Hangable => ({
  series,
  index: undefined,
  view: undefined,
  side: undefined,
  faces: ['', ''],
})

export const ofProjections = (series: Series, pictures: readonly Picture[]): readonly Hangable[] =>
  pictures.map(({ metadata }, index) => {
    const words = textOf(metadata, TAG.SeriesDescription) || series.description
    return { series, index, view: viewOf(metadata, words), side: sideOf(metadata, words), faces: facesOf(metadata) }
  })

/** View Position of radiographs (PS3.3 C.8.11.1.1.3) and of mammograms (CID 4014); LLD and RLD are frontal. */
const POSITIONS: Readonly<Record<string, View>> = {
  AP: 'frontal',
  PA: 'frontal',
  LLD: 'frontal',
  RLD: 'frontal',
  LL: 'lateral',
  RL: 'lateral',
  LAT: 'lateral',
  LATERAL: 'lateral',
  CC: 'cc',
  MLO: 'mlo',
}
/** CID 4014, in SNOMED CT and as SNOMED RT wrote it. */
const CODES: Readonly<Record<string, View>> = {
  '399162004': 'cc',
  'R-10242': 'cc',
  '399368009': 'mlo',
  'R-10226': 'mlo',
}
/** As departments name their series where the device says no view. */
const WORDS: readonly (readonly [RegExp, View])[] = [
  [/(^|[^A-Z])[RL]?CC($|[^A-Z])/, 'cc'],
  [/(^|[^A-Z])[RL]?MLO($|[^A-Z])/, 'mlo'],
  [/正位|后前|前后|(^|[^A-Z])(PA|AP|FRONTAL)($|[^A-Z])/, 'frontal'],
  [/侧位|(^|[^A-Z])(LAT|LATERAL)($|[^A-Z])/, 'lateral'],
]

export function viewOf(metadata: DataSet, description: string): View | undefined {
  const position = POSITIONS[textOf(metadata, TAG.ViewPosition).trim().toUpperCase()]
  const coded = itemsOf(metadata, TAG.ViewCodeSequence).map((code) => CODES[textOf(code, TAG.CodeValue)])[0]
  const words = description.toUpperCase()
  return position ?? coded ?? WORDS.find(([said]) => said.test(words))?.[1]
}

/** As the image says it before its series does, else as the description does without doubt. */
export function sideOf(metadata: DataSet, description: string): Side | undefined {
  const said = textOf(metadata, TAG.ImageLaterality) || textOf(metadata, TAG.Laterality)
  if (said === 'R' || said === 'L') return said
  if (said) return undefined
  const words = description.toUpperCase()
  const [right, left] = [/右|(^|[^A-Z])(RIGHT|R(CC|MLO)?)($|[^A-Z])/, /左|(^|[^A-Z])(LEFT|L(CC|MLO)?)($|[^A-Z])/].map(
    (side) => side.test(words),
  )
  if (right === left) return undefined
  return right ? 'R' : 'L'
}

function facesOf(metadata: DataSet): readonly [string, string] {
  const [row = '', column = ''] = (metadata[TAG.PatientOrientation]?.Value ?? []).map(String)
  return [row.toUpperCase(), column.toUpperCase()]
}

const PARTS: readonly (readonly [RegExp, BodyPart])[] = [
  [/HEAD|BRAIN|SKULL|头|颅|脑/, 'head'],
  [/CHEST|THORAX|LUNG|胸|肺/, 'chest'],
  [/ABDOMEN|PELVIS|LIVER|腹|盆|肝/, 'abdomen'],
]

/** As the device says it, else as the descriptions do. */
export function partOf({ bodyPart, description, study }: Series): BodyPart | undefined {
  const words = (bodyPart || `${description} ${study}`).toUpperCase()
  return PARTS.find(([part]) => part.test(words))?.[1]
}
