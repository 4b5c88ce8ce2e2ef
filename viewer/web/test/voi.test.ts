import { describe, expect, test } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { fullRange, voiOf } from '../src/images/voi'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const windowed = (centers: readonly number[], widths: readonly number[], named?: string): DataSet =>
  of({ [TAG.WindowCenter]: centers, [TAG.WindowWidth]: widths, ...(named ? { [TAG.VOILUTFunction]: [named] } : {}) })

describe('the window of an image', () => {
  test('is a range by its function (PS3.3 C.11.2.1.2.1, C.11.2.1.3)', () => {
    expect(voiOf(windowed([50], [101]))).toEqual({ range: { lower: -0.5, upper: 99.5 }, sigmoid: false })
    expect(voiOf(windowed([50], [100], 'LINEAR_EXACT'))).toEqual({ range: { lower: 0, upper: 100 }, sigmoid: false })
    expect(voiOf(windowed([50], [101], 'SIGMOID'))?.sigmoid).toBe(true)
  })

  test('is the first that means something', () => {
    expect(voiOf(windowed([0, 50], [0, 101]))?.range.upper).toBe(99.5)
    expect(voiOf(windowed([50], [0]))).toBeUndefined()
    expect(voiOf(windowed([50], [0.5]))).toBeUndefined()
    expect(voiOf(windowed([50], [0.5], 'LINEAR_EXACT'))).toBeDefined()
    expect(voiOf(windowed([50], []))).toBeUndefined()
  })

  test('of fractions of a segment reaches from 0 to their highest', () => {
    expect(voiOf(of({ [TAG.MaximumFractionalValue]: [200] }))?.range).toEqual({ lower: 0, upper: 200 })
  })

  test('of width 1 is a step', () => {
    const { lower, upper } = voiOf(windowed([500], [1]))?.range ?? { lower: 0, upper: 0 }

    expect([lower > 499, lower < upper, upper < 500]).toEqual([true, true, true])
  })
})

describe('the range of an image without a window', () => {
  const rescaled = { [TAG.RescaleSlope]: [2], [TAG.RescaleIntercept]: [-10] }

  test('is in values after the rescale, whether the pixels are or not', () => {
    expect(fullRange([5, 10, 20], false, of(rescaled))).toEqual({ lower: 0, upper: 30 })
    expect(fullRange([0, 10, 30], true, of(rescaled))).toEqual({ lower: 0, upper: 30 })
  })

  test('leaves padding out', () => {
    const range = { [TAG.PixelPaddingValue]: [0], [TAG.PixelPaddingRangeLimit]: [5] }

    expect(fullRange([0, 3, 10, 20], false, of(range))).toEqual({ lower: 10, upper: 20 })
    expect(fullRange([-10, 10, 30], true, of({ ...rescaled, [TAG.PixelPaddingValue]: [0] }))).toEqual({
      lower: 10,
      upper: 30,
    })
  })

  test('takes the padding of signed pixels as signed', () => {
    const metadata = of({ [TAG.PixelPaddingValue]: [63536], [TAG.PixelRepresentation]: [1] })

    expect(fullRange([-2000, -5, 5], false, metadata)).toEqual({ lower: -5, upper: 5 })
  })

  test('of one value has it in the middle', () => {
    expect(fullRange([7, 7], false, {})).toEqual({ lower: 6.5, upper: 7.5 })
    expect(fullRange([], false, {})).toEqual({ lower: -0.5, upper: 0.5 })
  })
})
