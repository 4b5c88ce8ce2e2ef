import { describe, expect, it } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { canBeSeen, othersOf, undrawnIn } from '../src/images/other-objects'
import { picturesOf } from '../src/images/pictures'
import { isDescribed, namesFor } from '../src/images/private-classes'

const SERIES = { studyUid: '1.2', seriesUid: '1.2.3' }
const FUJIFILM = '1.2.392.200036.9125.1.1.4'
const NAMES = { [FUJIFILM]: 'Fujifilm mammography CR image' }
const IMAGE: Record<string, readonly unknown[]> = {
  [TAG.SOPInstanceUID]: ['1.9'],
  [TAG.SOPClassUID]: [FUJIFILM],
  [TAG.Rows]: [4],
  [TAG.Columns]: [4],
  [TAG.SamplesPerPixel]: [1],
  [TAG.PhotometricInterpretation]: ['MONOCHROME2'],
  [TAG.BitsAllocated]: [16],
  [TAG.BitsStored]: [12],
  [TAG.HighBit]: [11],
  [TAG.PixelRepresentation]: [0],
  [TAG.PixelData]: [],
}
const of = (values: Record<string, readonly unknown[]>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, value]) => [tag, { Value: value }]))
const without = (tag: string): DataSet => of(Object.fromEntries(Object.entries(IMAGE).filter(([each]) => each !== tag)))

describe('an object of a private class', () => {
  it('is a picture with the name of its class where the image pixel module is complete', () => {
    const [picture] = picturesOf(SERIES, [of(IMAGE)], NAMES)

    expect(picture?.privateClass).toBe(`Fujifilm mammography CR image (${FUJIFILM})`)
    expect(othersOf(SERIES, [of(IMAGE)], NAMES)).toEqual([])
  })

  it.each(Object.keys(IMAGE).filter((tag) => tag !== TAG.SOPInstanceUID && tag !== TAG.SOPClassUID))(
    'is none without %s, and cannot be seen',
    (tag) => {
      const [object] = othersOf(SERIES, [without(tag)], NAMES)

      expect(picturesOf(SERIES, [without(tag)], NAMES)).toEqual([])
      expect(object && canBeSeen(object)).toBe(false)
      expect(object?.privateClass).toContain('Fujifilm')
    },
  )

  it('counts as pictures that are not drawn beside those that are', () => {
    const { [TAG.HighBit]: _none, ...undescribed } = IMAGE
    const pair = [of(IMAGE), of({ ...undescribed, [TAG.NumberOfFrames]: [3] })]
    const spectrum = of({ [TAG.SOPInstanceUID]: ['1.7'], [TAG.SOPClassUID]: [FUJIFILM] })

    expect(picturesOf(SERIES, pair, NAMES)).toHaveLength(1)
    expect(undrawnIn(othersOf(SERIES, pair, NAMES))).toBe(3)
    expect(undrawnIn(othersOf(SERIES, [spectrum], NAMES))).toBe(0)
  })

  it('is none in colours that nobody knows', () => {
    expect(isDescribed(of({ ...IMAGE, [TAG.PhotometricInterpretation]: ['HSV'] }))).toBe(false)
  })

  it('of a class that nobody knows is called after the manufacturer that it names', () => {
    const unknown = of({ ...IMAGE, [TAG.SOPClassUID]: ['1.2.3'], [TAG.Manufacturer]: ['ACME'] })

    expect(picturesOf(SERIES, [unknown], NAMES)[0]?.privateClass).toBe('ACME (1.2.3)')
  })
})

describe('an object of a class of the standard', () => {
  const standard = of({
    [TAG.SOPInstanceUID]: ['1.8'],
    [TAG.SOPClassUID]: ['1.2.840.10008.5.1.4.1.1.2'],
    [TAG.Rows]: [4],
  })

  it('is a picture as before, and names are not asked for', async () => {
    const client = { get: () => Promise.reject(new Error('asked')) } as never

    expect(picturesOf(SERIES, [standard], NAMES)[0]?.privateClass).toBe('')
    expect(await namesFor(client, [standard])).toEqual({})
  })
})
