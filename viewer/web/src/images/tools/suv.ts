/** The standardized uptake value by body weight, where the header has all that it takes (QIBA's vendor-neutral computation). */
import { TAG, itemsOf, numberOf, textOf, type DataSet } from '../dicom-json'

/** In UCUM (PS3.16 CID 85). */
export const SUV = '{SUVbw}g/ml'

/** How many SUV one Bq/ml is; undefined where it cannot be computed, or the values are no activity. */
export function suvFactorOf(metadata: DataSet): number | undefined {
  if (textOf(metadata, TAG.Units) !== 'BQML') return undefined
  const corrected = (metadata[TAG.CorrectedImage]?.Value ?? []).map(String)
  if (!corrected.includes('ATTN') || !corrected.includes('DECY')) return undefined
  const weight_kg = numberOf(metadata, TAG.PatientWeight) ?? 0
  const dose_Bq = doseAtScan(metadata) ?? 0
  return weight_kg > 0 && dose_Bq > 0 ? (weight_kg * 1000) / dose_Bq : undefined
}

/** What of the dose is left at the time that the values are corrected to: the injection, or the start of the scan. */
function doseAtScan(metadata: DataSet): number | undefined {
  const drug = itemsOf(metadata, TAG.RadiopharmaceuticalInformation)[0]
  const dose_Bq = drug && numberOf(drug, TAG.RadionuclideTotalDose)
  if (!drug || dose_Bq === undefined) return undefined
  const correction = textOf(metadata, TAG.DecayCorrection)
  if (correction === 'ADMIN') return dose_Bq
  const half_s = numberOf(drug, TAG.RadionuclideHalfLife) ?? 0
  const passed_s = correction === 'START' ? secondsToScan(metadata, drug) : undefined
  return passed_s === undefined || half_s <= 0 ? undefined : dose_Bq * 2 ** (-passed_s / half_s)
}

/** The series begins with the scan, unless it was made later: then nobody here knows when that was. */
function secondsToScan(metadata: DataSet, drug: DataSet): number | undefined {
  const scan = momentOf(textOf(metadata, TAG.SeriesDate) + textOf(metadata, TAG.SeriesTime))
  const acquired = momentOf(textOf(metadata, TAG.AcquisitionDate) + textOf(metadata, TAG.AcquisitionTime))
  if (scan === undefined || acquired === undefined || scan > acquired) return undefined
  const dated = momentOf(textOf(drug, TAG.RadiopharmaceuticalStartDateTime))
  const injected = dated ?? momentOf(textOf(metadata, TAG.SeriesDate) + textOf(drug, TAG.RadiopharmaceuticalStartTime))
  if (injected === undefined) return undefined
  const DAY_S = 24 * 3600
  const passed = scan - injected
  const sinceMidnight = dated === undefined && passed < 0 ? passed + DAY_S : passed // injected before midnight
  return sinceMidnight >= 0 && sinceMidnight < DAY_S ? sinceMidnight : undefined
}

/** Of a date with a time, in seconds since some day; zones are left out, as all are of one scanner. */
function momentOf(text: string): number | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})?(\d{2}(?:\.\d+)?)?/.exec(text)
  if (!parts) return undefined
  const [, year, month, day, hour, minute = '0', second = '0'] = parts
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)) / 1000 + Number(second)
}
