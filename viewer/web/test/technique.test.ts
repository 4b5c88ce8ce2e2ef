import { describe, expect, test } from 'vitest'
import { TAG } from '../src/images/dicom-json'
import { ageOf, alongNormal, cornerOf } from '../src/images/technique'
import { of } from './data-sets'

const SERIES = {
  ...{ studyUid: '1', seriesUid: '1.1', modality: 'CT', number: 1, instances: 1 },
  ...{ description: '', bodyPart: '', study: '' },
}

describe('in the corners stands', () => {
  test('which slice, where and how thick it is', () => {
    const slice = of({ [TAG.InstanceNumber]: [12], [TAG.SliceLocation]: [-40.53], [TAG.SliceThickness]: ['5.0'] })

    expect(cornerOf(slice, SERIES).place).toBe('#12 · SL -40.5 · 5 mm')
  })

  test('the place along the normal where the device says none', () => {
    const slice = of({ [TAG.ImagePositionPatient]: [1, 2, 30.5], [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0] })

    expect(alongNormal(slice)).toBe(30.5)
    expect(cornerOf(slice, SERIES).place).toBe('SL 30.5')
  })

  test.each([
    [{ [TAG.KVP]: [120], [TAG.Exposure]: [200] }, '120 kV · 200 mAs'],
    [{ [TAG.KVP]: [28], [TAG.ExposureInuAs]: [61500], [TAG.Exposure]: [61] }, '28 kV · 61.5 mAs'],
    [{ [TAG.XRayTubeCurrent]: [250], [TAG.ExposureTime]: [40] }, '10 mAs'],
    [{ [TAG.RepetitionTime]: [500], [TAG.EchoTime]: [15.2] }, 'TR 500 · TE 15.2'],
    [{}, ''],
  ])('how it was taken: %o', (values, expected) => {
    expect(cornerOf(of(values as never), SERIES).technique).toBe(expected)
  })

  test.each([
    ['057Y', '57 岁'],
    ['003M', '3 个月'],
    ['002W', '2 周'],
    ['010D', '10 天'],
    ['000Y', ''],
    ['about 60', ''],
    ['', ''],
  ])('the age as people write it: %s', (value, words) => {
    expect(ageOf(value)).toBe(words)
  })

  test('the side with the view', () => {
    expect(cornerOf(of({ [TAG.ImageLaterality]: ['R'], [TAG.ViewPosition]: ['CC'] }), SERIES).side).toBe('R CC')
    expect(cornerOf(of({ [TAG.Laterality]: ['U'] }), SERIES).side).toBe('')
  })
})
