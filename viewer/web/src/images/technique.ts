/** What stands in the corners of a picture: whose it is, which one, and how it was taken. */
import { TAG, nameOf, numberOf, numbersOf, textOf, type DataSet } from './dicom-json'
import { text } from '../language'
import type { Series } from './series'

export type Corner = {
  readonly patient: string
  readonly about: string
  readonly study: string
  /** The side of the body, with the view of a projection: `R CC`. */
  readonly side: string
  /** Instance number, place along the body and thickness: `#12`, `SL -40.5`, `5 mm`. */
  readonly place: string
  /** Tube voltage and charge, or times of a sequence: `120 kV · 200 mAs`, `TR 500 · TE 15`. */
  readonly technique: string
}

/** PS3.3 C.7.3.1.1.1; U is unpaired and nothing to be told. */
const SIDES: Readonly<Record<string, string>> = { L: 'L', R: 'R', B: 'L R' }

export function cornerOf(metadata: DataSet, series: Series): Corner {
  const date = textOf(metadata, TAG.StudyDate).replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  const side =
    textOf(metadata, TAG.ImageLaterality) || textOf(metadata, TAG.FrameLaterality) || textOf(metadata, TAG.Laterality)
  return {
    patient: nameOf(metadata, TAG.PatientName),
    about: [textOf(metadata, TAG.PatientSex), ageOf(textOf(metadata, TAG.PatientAge))].filter(Boolean).join(' '),
    study: [date, series.modality, series.description].filter(Boolean).join(' · '),
    side: [SIDES[side], textOf(metadata, TAG.ViewPosition)].filter(Boolean).join(' '),
    place: placeOf(metadata),
    technique: techniqueOf(metadata),
  }
}

const AGES = { Y: 'age.years', M: 'age.months', W: 'age.weeks', D: 'age.days' } as const

/** An age string (PS3.5 6.2) as people write it; empty where it is none, or nought, which devices write of whom they know no age. */
export function ageOf(value: string): string {
  const [, digits = '', unit = ''] = /^(\d{1,3})([DWMY])$/.exec(value) ?? []
  return Number(digits) > 0 ? text(AGES[unit as keyof typeof AGES], { n: Number(digits) }) : ''
}

const short = (value: number): string => String(Number(value.toFixed(1)))

function placeOf(metadata: DataSet): string {
  const number = textOf(metadata, TAG.InstanceNumber)
  const location = sliceLocationOf(metadata)
  const thickness = numberOf(metadata, TAG.SliceThickness)
  return [
    number && `#${number}`,
    location === undefined ? '' : `SL ${short(location)}`,
    thickness ? `${short(thickness)} mm` : '',
  ]
    .filter(Boolean)
    .join(' · ')
}

/** In mm, as the device says it, else along the normal of the slice. */
function sliceLocationOf(metadata: DataSet): number | undefined {
  return numberOf(metadata, TAG.SliceLocation) ?? alongNormal(metadata)
}

/** In mm along the normal of the slice; undefined for a picture without a place in space. */
export function alongNormal(metadata: DataSet): number | undefined {
  const [x, y, z] = numbersOf(metadata, TAG.ImagePositionPatient)
  const [rx, ry, rz, cx, cy, cz] = numbersOf(metadata, TAG.ImageOrientationPatient)
  if (x === undefined || y === undefined || z === undefined) return undefined
  if (rx === undefined || ry === undefined || rz === undefined) return undefined
  if (cx === undefined || cy === undefined || cz === undefined) return undefined
  return Math.round(1000 * (x * (ry * cz - rz * cy) + y * (rz * cx - rx * cz) + z * (rx * cy - ry * cx))) / 1000
}

function techniqueOf(metadata: DataSet): string {
  const said = (name: string, value: number | undefined, unit = ''): string =>
    value === undefined ? '' : [name, short(value), unit].filter(Boolean).join(' ')
  return [
    said('', numberOf(metadata, TAG.KVP), 'kV'),
    said('', chargeOf(metadata), 'mAs'),
    said('TR', numberOf(metadata, TAG.RepetitionTime)),
    said('TE', numberOf(metadata, TAG.EchoTime) ?? numberOf(metadata, TAG.EffectiveEchoTime)),
    said('TI', numberOf(metadata, TAG.InversionTime)),
  ]
    .filter(Boolean)
    .join(' · ')
}

/** In mAs; of current (mA) and time (ms) where the device does not say it. */
function chargeOf(metadata: DataSet): number | undefined {
  const micro = numberOf(metadata, TAG.ExposureInuAs)
  if (micro !== undefined) return micro / 1000
  const said = numberOf(metadata, TAG.ExposureInmAs) ?? numberOf(metadata, TAG.Exposure)
  const [current, time] = [numberOf(metadata, TAG.XRayTubeCurrent), numberOf(metadata, TAG.ExposureTime)]
  return said ?? (current === undefined || time === undefined ? undefined : (current * time) / 1000)
}
