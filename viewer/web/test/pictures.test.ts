import { describe, expect, test } from 'vitest'
import { TAG, nameOf, numbersOf, type DataSet } from '../src/images/dicom-json'
import { frameAddressOf, inReadingOrder, picturesOf } from '../src/images/pictures'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const slice = (number: number, z: number): DataSet =>
  of({
    [TAG.SOPInstanceUID]: [`1.${number}`],
    [TAG.InstanceNumber]: [number],
    [TAG.Rows]: [512],
    [TAG.ImagePositionPatient]: [0, 0, z],
    [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0],
  })
const numbers = (instances: readonly DataSet[]) =>
  instances.map((instance) => numbersOf(instance, TAG.InstanceNumber)[0])
const ADDRESS = { studyUid: '1.2', seriesUid: '1.2.3' }

describe('the pictures of a series', () => {
  test('are in the order of their places, the way that the device numbered them', () => {
    expect(numbers(inReadingOrder([slice(1, 10), slice(3, 0), slice(2, 5)]))).toEqual([1, 2, 3])
    expect(numbers(inReadingOrder([slice(1, 0), slice(2, 20), slice(3, 10), slice(4, 30)]))).toEqual([1, 3, 2, 4])
  })

  test('are in the order of their numbers where two lie in one place', () => {
    expect(numbers(inReadingOrder([slice(2, 0), slice(1, 0), slice(3, 5)]))).toEqual([1, 2, 3])
  })

  test('are one for each frame, and none for an instance without pixels', () => {
    const cine = of({ [TAG.SOPInstanceUID]: ['1.9'], [TAG.Rows]: [512], [TAG.NumberOfFrames]: [3] })
    const pictures = picturesOf(ADDRESS, [cine, of({ [TAG.SOPInstanceUID]: ['1.8'] })])

    expect(pictures.map(({ imageId }) => imageId)).toEqual(
      [1, 2, 3].map((frame) => `wadors:/dicomweb/studies/1.2/series/1.2.3/instances/1.9/frames/${frame}`),
    )
  })

  test('are one where 0 frames or none are said', () => {
    const said = (frames: readonly number[]) => of({ [TAG.Rows]: [512], [TAG.NumberOfFrames]: frames })

    expect(picturesOf(ADDRESS, [said([0]), said([])])).toHaveLength(2)
  })

  test('are asked for with the digest that the address of their pixels names', () => {
    const pixels = { [TAG.PixelData]: { BulkDataURI: '/dicomweb/bulkdata/7FE00010?digest=0a1b' } }
    const [picture] = picturesOf(ADDRESS, [{ ...slice(1, 0), ...pixels }])
    const [unsaid] = picturesOf(ADDRESS, [slice(1, 0)])
    const address = '/dicomweb/studies/1.2/series/1.2.3/instances/1.1/frames/1'

    expect(frameAddressOf(picture?.imageId ?? '', picture?.digest ?? '')).toBe(`${address}?digest=0a1b`)
    expect(frameAddressOf(picture?.imageId ?? '', '0a1b', '/rendered')).toBe(`${address}/rendered?digest=0a1b`)
    expect(frameAddressOf(unsaid?.imageId ?? '', unsaid?.digest ?? '')).toBe(address)
  })
})

describe('a name', () => {
  test.each([
    [{ Alphabetic: 'Wang^Xiuying', Ideographic: '王^秀英' }, '王秀英'],
    [{ Alphabetic: 'Yamada^Tarou' }, 'Yamada Tarou'],
    ['Wang^Xiuying', 'Wang Xiuying'],
    [null, ''],
  ])('%o reads %s', (value, name) => {
    expect(nameOf(of({ [TAG.PatientName]: [value] }), TAG.PatientName)).toBe(name)
  })
})
