import { describe, expect, test } from 'vitest'
import { TAG, numberOf, textOf, type DataSet } from '../src/images/dicom-json'
import { frameAddressOf, picturesOf } from '../src/images/pictures'
import { asRendered, isRendered, withoutAlpha } from '../src/images/rendered'

const PALETTE: DataSet = {
  [TAG.SOPInstanceUID]: { Value: ['1.9'] },
  [TAG.PhotometricInterpretation]: { Value: ['PALETTE COLOR'] },
  [TAG.SamplesPerPixel]: { Value: [1] },
  [TAG.NumberOfFrames]: { Value: [2] },
  [TAG.Rows]: { Value: [480] },
  [TAG.Columns]: { Value: [640] },
  [TAG.BitsAllocated]: { Value: [16] },
  [TAG.PixelSpacing]: { Value: [0.3, 0.3] },
  '00281050': { Value: [128] },
  '00281053': { Value: [2] },
  '00281101': { Value: [0, 0, 16] },
  '00281201': { BulkDataURI: '/red' },
}

describe('a picture with a palette', () => {
  test('is coloured by the server, frame by frame', () => {
    const ids = picturesOf({ studyUid: '1.2', seriesUid: '1.2.3' }, [PALETTE]).map(({ imageId }) => imageId)

    expect(ids.map((id) => frameAddressOf(id, '', '/rendered'))).toEqual(
      [1, 2].map((frame) => `/dicomweb/studies/1.2/series/1.2.3/instances/1.9/frames/${frame}/rendered`),
    )
    expect(ids.every((id) => id.startsWith('rendered:'))).toBe(true)
  })

  test('is RGB of 8 bits from then on, of the size and spacing that it had', () => {
    const coloured = asRendered(PALETTE)

    expect(textOf(coloured, TAG.PhotometricInterpretation)).toBe('RGB')
    expect(
      [TAG.SamplesPerPixel, TAG.BitsAllocated, TAG.Rows, TAG.Columns].map((tag) => numberOf(coloured, tag)),
    ).toEqual([3, 8, 480, 640])
    expect(numberOf(coloured, TAG.PixelSpacing)).toBe(0.3)
    expect(Object.keys(coloured).filter((tag) => tag.startsWith('00281'))).toEqual([])
  })

  test.each(['MONOCHROME2', 'RGB', 'YBR_FULL_422'])('is none where it is %s', (photometric) => {
    expect(isRendered({ [TAG.PhotometricInterpretation]: { Value: [photometric] } })).toBe(false)
  })
})

test('RGB is RGBA without the fourth', () => {
  expect([...withoutAlpha(Uint8Array.from([1, 2, 3, 255, 4, 5, 6, 255]))]).toEqual([1, 2, 3, 4, 5, 6])
})

describe('what the image loader cannot draw', () => {
  const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
    Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
  const grey = (values: Readonly<Record<string, readonly unknown[]>>): boolean =>
    isRendered(of({ [TAG.PhotometricInterpretation]: ['MONOCHROME2'], [TAG.BitsAllocated]: [16], ...values }))
  const table = [{}]

  test('is rendered by the server: single bits, more than 16, tables, a supplemental palette', () => {
    expect(grey({})).toBe(false)
    expect(grey({ [TAG.BitsAllocated]: [1] })).toBe(true)
    expect(grey({ [TAG.BitsAllocated]: [32] })).toBe(true)
    expect(grey({ [TAG.ModalityLUTSequence]: table })).toBe(true)
    expect(grey({ [TAG.PixelPresentation]: ['COLOR'], [TAG.RedPaletteDescriptor]: [1, 2, 8] })).toBe(true)
    expect(grey({ [TAG.RedPaletteDescriptor]: [1, 2, 8] })).toBe(false)
  })

  test('is a VOI table only where no window means something', () => {
    const window = { [TAG.WindowCenter]: [40], [TAG.WindowWidth]: [400] }

    expect(grey({ [TAG.VOILUTSequence]: table })).toBe(true)
    expect(grey({ [TAG.VOILUTSequence]: table, ...window })).toBe(false)
    expect(grey({ [TAG.VOILUTSequence]: table, ...window, [TAG.WindowWidth]: [0] })).toBe(true)
  })

  test('is no modality table of an angiogram, which is not for display', () => {
    const angiogram = { [TAG.SOPClassUID]: ['1.2.840.10008.5.1.4.1.1.12.1'] }

    expect(grey({ [TAG.ModalityLUTSequence]: table, ...angiogram })).toBe(false)
  })

  test('is colour of more than 8 bits', () => {
    expect(isRendered(of({ [TAG.PhotometricInterpretation]: ['RGB'], [TAG.BitsAllocated]: [16] }))).toBe(true)
    expect(isRendered(of({ [TAG.PhotometricInterpretation]: ['RGB'], [TAG.BitsAllocated]: [8] }))).toBe(false)
  })

  test('is a colour profile, of the image or of its optical path', () => {
    const colour = (values: DataSet) => isRendered({ ...of({ [TAG.PhotometricInterpretation]: ['RGB'] }), ...values })
    const profile = { [TAG.ICCProfile]: { BulkDataURI: '/icc' } }

    expect(colour({})).toBe(false)
    expect(colour(profile)).toBe(true)
    expect(colour({ [TAG.OpticalPathSequence]: { Value: [profile] } })).toBe(true)
  })
})
