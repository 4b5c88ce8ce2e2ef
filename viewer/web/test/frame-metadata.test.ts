import { describe, expect, test } from 'vitest'
import { TAG, numberOf, textOf, type DataSet } from '../src/images/dicom-json'
import { frameMetadata } from '../src/images/frame-metadata'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const VOI = '00289132'
const TRANSFORMATION = '00289145'

describe('the metadata of a frame', () => {
  const enhanced = of({
    [TAG.Modality]: ['CT'],
    [TAG.NumberOfFrames]: [2],
    [TAG.SharedFunctionalGroups]: [
      of({
        [TRANSFORMATION]: [of({ [TAG.RescaleSlope]: [1], [TAG.RescaleIntercept]: [-1024] })],
        [VOI]: [of({ [TAG.WindowCenter]: [40] })],
      }),
    ],
    [TAG.PerFrameFunctionalGroups]: [
      of({}),
      of({
        [VOI]: [of({ [TAG.WindowCenter]: [-600] })],
        '00189329': [of({ [TAG.PixelPresentation]: ['COLOR'], '00089007': ['DERIVED'] })],
      }),
    ],
  })

  test('have its groups at the top, its own before the shared ones', () => {
    const [first, second] = [frameMetadata(enhanced, 1), frameMetadata(enhanced, 2)]

    expect(numberOf(first, TAG.WindowCenter)).toBe(40)
    expect(numberOf(second, TAG.WindowCenter)).toBe(-600)
    expect(numberOf(second, TAG.RescaleIntercept)).toBe(-1024)
    expect(textOf(second, TAG.PixelPresentation)).toBe('COLOR')
    expect(second['00089007']).toBeUndefined()
  })

  test('are those of an image of one frame', () => {
    expect(frameMetadata(enhanced, 1)[TAG.NumberOfFrames]).toBeUndefined()
    expect(frameMetadata(enhanced, 1)[TAG.PerFrameFunctionalGroups]).toBeUndefined()
  })

  test('name a modality, without which Cornerstone waits for ever', () => {
    expect(textOf(frameMetadata(of({}), 1), TAG.Modality)).toBe('OT')
    expect(textOf(frameMetadata(enhanced, 1), TAG.Modality)).toBe('CT')
  })

  test.each([
    ['MONOCHROME2', 'INVERSE', 'MONOCHROME1'],
    ['MONOCHROME1', 'IDENTITY', 'MONOCHROME2'],
    ['MONOCHROME1', '', 'MONOCHROME1'],
    ['RGB', 'INVERSE', 'RGB'],
  ])('say of %s with %s which end is white', (photometric, shape, expected) => {
    const metadata = of({ [TAG.PhotometricInterpretation]: [photometric], [TAG.PresentationLUTShape]: [shape] })

    expect(textOf(frameMetadata(metadata, 1), TAG.PhotometricInterpretation)).toBe(expected)
  })

  test.each([
    ['slope 0', { [TAG.RescaleSlope]: [0] }],
    ['colours', { [TAG.RescaleSlope]: [1], [TAG.SamplesPerPixel]: [3] }],
  ])('have no rescale of %s', (_, values) => {
    const metadata = frameMetadata(of({ [TAG.RescaleIntercept]: [5], ...values }), 1)

    expect(metadata[TAG.RescaleSlope]).toBeUndefined()
    expect(metadata[TAG.RescaleIntercept]).toBeUndefined()
  })
})
