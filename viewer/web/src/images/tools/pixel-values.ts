/** What the pixels of a picture are worth: values of the modality (Hounsfield units, activity) with their unit. */
import { TAG, textOf, type DataSet } from '../dicom-json'
import { rescaleOf } from '../voi'
import { suvFactorOf, SUV } from './suv'

/** The value of a pixel, in `unit` (UCUM), is `factor` times what the modality gives. */
export type Unit = { readonly unit: string; readonly factor: number }

/** A picture whose values are known; colours have none. */
export type Values = {
  readonly columns: number
  readonly rows: number
  /** By column and row, from 0; as the modality gives it. */
  readonly at: (column: number, row: number) => number
  readonly unit: string
  /** What values are told in where something better than `unit` can be computed. */
  readonly better: Unit | undefined
}

/** Rescale Type (PS3.3 C.11.1.1.2) and Units of PET (C.8.9.1.1.3) in UCUM. */
const UNITS: Readonly<Record<string, string>> = {
  HU: "[hnsf'U]",
  HU_MOD: "[hnsf'U]",
  MGML: 'mg/ml',
  PCT: '%',
  BQML: 'Bq/ml',
  GML: SUV,
  CNTS: '{counts}',
  CPS: '{counts}/s',
  PROPCNTS: '{propcounts}',
}

/** Of CT without a Rescale Type they are Hounsfield units (PS3.3 C.8.2.1), but for a localizer, where nobody knows. */
export function unitOf(metadata: DataSet): string {
  const said = textOf(metadata, TAG.Units) || textOf(metadata, TAG.RescaleType)
  const kinds = (metadata[TAG.ImageType]?.Value ?? []).map(String)
  const isPlainCT = textOf(metadata, TAG.Modality) === 'CT' && !kinds.includes('LOCALIZER')
  if (!said && isPlainCT && metadata[TAG.RescaleIntercept]) return "[hnsf'U]"
  return UNITS[said] ?? '1'
}

/** `pixels` are stored values of one sample a pixel, or rescaled ones where `isRescaled`. */
export function valuesOf(
  pixels: ArrayLike<number>,
  size: { readonly columns: number; readonly rows: number },
  isRescaled: boolean,
  metadata: DataSet,
): Values {
  const { slope, intercept } = isRescaled ? { slope: 1, intercept: 0 } : rescaleOf(metadata)
  const { columns, rows } = size
  const factor = suvFactorOf(metadata)
  return {
    columns,
    rows,
    at: (column, row) => (pixels[row * columns + column] ?? NaN) * slope + intercept,
    unit: unitOf(metadata),
    better: factor === undefined ? undefined : { unit: SUV, factor },
  }
}
