/** The window of an image, as the range of values from black to white (PS3.3 C.11.2). */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from './dicom-json'
import type { Range } from './window-level'

export type Voi = { readonly range: Range; readonly sigmoid: boolean }

/** Half of how wide a step from black to white is drawn: Cornerstone divides by the width of the range. */
const STEP = 0.005

/** The first window that means something; undefined where the image has none. */
export function voiOf(metadata: DataSet): Voi | undefined {
  const named = textOf(metadata, TAG.VOILUTFunction).trim()
  const widths = numbersOf(metadata, TAG.WindowWidth)
  for (const [index, center] of numbersOf(metadata, TAG.WindowCenter).entries()) {
    const width = widths[index]
    if (width === undefined) break
    if (named === 'LINEAR_EXACT' && width > 0)
      return { range: { lower: center - width / 2, upper: center + width / 2 }, sigmoid: false }
    if (named === 'SIGMOID' && width > 0) return { range: linear(center, width), sigmoid: true }
    if (named !== 'LINEAR_EXACT' && named !== 'SIGMOID' && width >= 1)
      return { range: linear(center, width), sigmoid: false }
  }
  const fractions = numberOf(metadata, TAG.MaximumFractionalValue) // of a segment, PS3.3 C.8.20.2
  return fractions ? { range: { lower: 0, upper: fractions }, sigmoid: false } : undefined
}

/** PS3.3 C.11.2.1.2.1. */
function linear(center: number, width: number): Range {
  const half = (width - 1) / 2
  return { lower: center - 0.5 - (half || STEP), upper: center - 0.5 + (half || STEP) }
}

export type Rescale = { readonly slope: number; readonly intercept: number }

export const rescaleOf = (metadata: DataSet): Rescale => ({
  slope: numberOf(metadata, TAG.RescaleSlope) ?? 1,
  intercept: numberOf(metadata, TAG.RescaleIntercept) ?? 0,
})

/**
 * From the lowest to the highest value, padding left out (PS3.3 C.7.5.1.1.2); a picture of one value is middle grey.
 * `pixels` are stored values, or rescaled ones where `isRescaled`; the range is one of rescaled values.
 */
export function fullRange(pixels: ArrayLike<number>, isRescaled: boolean, metadata: DataSet): Range {
  const { slope, intercept } = rescaleOf(metadata)
  const output = (stored: number): number => stored * slope + intercept
  const [from, to] = paddingOf(metadata).map((stored) => (isRescaled ? output(stored) : stored))
  const [first, last] = [Math.min(from ?? NaN, to ?? NaN), Math.max(from ?? NaN, to ?? NaN)]
  let lowest = Infinity
  let highest = -Infinity
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at] ?? NaN
    if (value >= first && value <= last) continue
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  if (lowest > highest) [lowest, highest] = [0, 0]
  const ends = isRescaled ? [lowest, highest] : [output(lowest), output(highest)]
  const [lower, upper] = [Math.min(...ends), Math.max(...ends)]
  return lower === upper ? { lower: lower - 0.5, upper: upper + 0.5 } : { lower, upper }
}

/** One value or the ends of a range; of signed pixels many a device writes it unsigned. */
function paddingOf(metadata: DataSet): readonly number[] {
  const value = numberOf(metadata, TAG.PixelPaddingValue)
  if (value === undefined) return []
  const limit = numberOf(metadata, TAG.PixelPaddingRangeLimit) ?? value
  const signed = numberOf(metadata, TAG.PixelRepresentation) === 1
  return [value, limit].map((end) => (signed && end > 0x7fff ? end - 0x10000 : end))
}
