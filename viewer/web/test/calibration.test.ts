import { describe, expect, test } from 'vitest'
import { TAG, numbersOf, type DataSet } from '../src/images/dicom-json'
import { frameMetadata } from '../src/images/frame-metadata'
import { calibrationAt, drawable, measuredAt, scaleAt, sizeOnScreen, type Point } from '../src/images/tools/calibration'
import { of } from './data-sets'

const ANYWHERE: readonly Point[] = [[1, 1]]
const sizes = (metadata: DataSet, points = ANYWHERE) => {
  const { x, y, source } = scaleAt(metadata, points)
  return [x.size, x.unit, y.size, y.unit, source]
}

describe('a pixel measures', () => {
  test('what a slice says, rows first in the header', () => {
    const slice = of({ [TAG.Modality]: ['CT'], [TAG.PixelSpacing]: [0.8, 0.5] })

    expect(sizes(slice)).toEqual([0.5, 'mm', 0.8, 'mm', 'patient'])
  })

  test.each([
    ['both spacings alike', { [TAG.PixelSpacing]: [0.2, 0.2], [TAG.ImagerPixelSpacing]: [0.2, 0.2] }, 0.2, 'detector'],
    ['only the pixel spacing', { [TAG.PixelSpacing]: [0.2, 0.2] }, 0.2, 'detector'],
    ['only that of the detector', { [TAG.ImagerPixelSpacing]: [0.2, 0.2] }, 0.2, 'detector'],
    [
      'another at the detector',
      { [TAG.PixelSpacing]: [0.1, 0.1], [TAG.ImagerPixelSpacing]: [0.2, 0.2] },
      0.1,
      'patient',
    ],
    [
      'both alike, calibrated by a marker',
      {
        [TAG.PixelSpacing]: [0.2, 0.2],
        [TAG.ImagerPixelSpacing]: [0.2, 0.2],
        [TAG.PixelSpacingCalibrationType]: ['FIDUCIAL'],
      },
      0.2,
      'patient',
    ],
    [
      'a magnification',
      { [TAG.ImagerPixelSpacing]: [0.15, 0.15], [TAG.EstimatedRadiographicMagnificationFactor]: [1.5] },
      0.1,
      'magnification',
    ],
    [
      'a magnification, and at the pixel spacing what is at the detector',
      {
        [TAG.PixelSpacing]: [0.15, 0.15],
        [TAG.ImagerPixelSpacing]: [0.15, 0.15],
        [TAG.EstimatedRadiographicMagnificationFactor]: [1.5],
      },
      0.1,
      'magnification',
    ],
    ['a film that was scanned', { [TAG.NominalScannedPixelSpacing]: [0.3, 0.3] }, 0.3, 'detector'],
  ])('on a radiograph with %s', (_, values, expected, source) => {
    const radiograph = of({ [TAG.Modality]: ['DX'], ...values } as never)

    const [x, , y, , found] = sizes(radiograph)
    expect([x, y].map((size) => Number(Number(size).toFixed(9)))).toEqual([expected, expected])
    expect(found).toBe(source)
    expect(measuredAt(radiograph)).toBe(source)
  })

  test.each([
    ['a slice', { [TAG.Modality]: ['CT'], [TAG.PixelSpacing]: [0.8, 0.8] }, 'patient'],
    ['a projection that says nothing more', { [TAG.Modality]: ['DX'], [TAG.PixelSpacing]: [0.2, 0.2] }, 'detector'],
    [
      'a projection whose spacings differ',
      { [TAG.Modality]: ['DX'], [TAG.PixelSpacing]: [0.1, 0.1], [TAG.ImagerPixelSpacing]: [0.2, 0.2] },
      'calibrated',
    ],
    [
      'an object of known size',
      { [TAG.PixelSpacing]: [0.1, 0.1], [TAG.PixelSpacingCalibrationType]: ['FIDUCIAL'] },
      'fiducial',
    ],
    [
      'an assumed geometry',
      { [TAG.PixelSpacing]: [0.1, 0.1], [TAG.PixelSpacingCalibrationType]: ['GEOMETRY'] },
      'geometry',
    ],
    [
      'a magnification',
      { [TAG.ImagerPixelSpacing]: [0.2, 0.2], [TAG.EstimatedRadiographicMagnificationFactor]: [1.5] },
      'magnification',
    ],
    ['nothing', {}, 'pixels'],
  ])('a mark keeps how it was calibrated: by %s', (_, values, expected) => {
    expect(calibrationAt(of(values as never), ANYWHERE)).toBe(expected)
  })

  test('nothing where the device says nothing, or 0', () => {
    expect(sizes({})).toEqual([1, '{pixels}', 1, '{pixels}', 'pixels'])
    expect(measuredAt(of({ [TAG.PixelSpacing]: [0, 0] }))).toBe('pixels')
  })

  test('more of the height than of the width where its aspect says so', () => {
    const tall = of({ [TAG.PixelAspectRatio]: [2, 1] })

    expect(sizes(tall)).toEqual([1, '{pixels}', 2, '{pixels}', 'pixels'])
    expect(sizeOnScreen(tall)).toEqual([2, 1])
    expect(numbersOf(drawable(tall), TAG.PixelSpacing)).toEqual([2, 1])
  })

  test('in each frame what its own functional groups say', () => {
    const measures = (mm: number) => of({ '00289110': [of({ [TAG.PixelSpacing]: [mm, mm] })] })
    const enhanced = of({
      [TAG.Modality]: ['MR'],
      [TAG.SharedFunctionalGroups]: [measures(1)],
      [TAG.PerFrameFunctionalGroups]: [of({}), measures(0.5)],
    })

    expect(sizes(frameMetadata(enhanced, 1))[0]).toBe(1)
    expect(sizes(frameMetadata(enhanced, 2))[0]).toBe(0.5)
  })

  test('at the detector in the groups of an enhanced radiograph, and in the middle of the beam where they say so', () => {
    const enhanced = (groups: Record<string, readonly unknown[]>) =>
      frameMetadata(of({ [TAG.Modality]: ['XA'], [TAG.SharedFunctionalGroups]: [of(groups)] }), 1)
    const detector = { '00289443': [of({ [TAG.ImagerPixelSpacing]: [0.4, 0.4] })] }
    const beam = { '00189401': [of({ [TAG.ObjectPixelSpacingInCenterOfBeam]: [0.25, 0.25] })] }

    expect(sizes(enhanced(detector))).toEqual([0.4, 'mm', 0.4, 'mm', 'detector'])
    expect(sizes(enhanced({ ...detector, ...beam }))).toEqual([0.25, 'mm', 0.25, 'mm', 'magnification'])
  })
})

const region = (edges: readonly number[], x: readonly number[], y: readonly number[], flags = 0): DataSet => {
  const [left, top, right, bottom] = edges
  return of({
    [TAG.RegionLocationMinX0]: [left],
    [TAG.RegionLocationMinY0]: [top],
    [TAG.RegionLocationMaxX1]: [right],
    [TAG.RegionLocationMaxY1]: [bottom],
    [TAG.RegionFlags]: [flags],
    [TAG.PhysicalUnitsXDirection]: [x[0]],
    [TAG.PhysicalDeltaX]: [x[1]],
    [TAG.PhysicalUnitsYDirection]: [y[0]],
    [TAG.PhysicalDeltaY]: [y[1]],
  })
}

describe('in an ultrasound picture', () => {
  const [CM, SECONDS, CM_PER_SECOND] = [3, 4, 7]
  const tissue = region([0, 0, 99, 49], [CM, 0.05], [CM, 0.04])
  const doppler = region([0, 50, 99, 99], [SECONDS, 0.01], [CM_PER_SECOND, -1.5])
  const picture = of({ [TAG.SequenceOfUltrasoundRegions]: [tissue, doppler] })

  test('a pixel measures what the region under the points says; a cm has 10 mm', () => {
    expect(
      sizes(picture, [
        [10, 10],
        [20, 20],
      ]),
    ).toEqual([0.5, 'mm', 0.4, 'mm', 'region'])
    expect(
      sizes(picture, [
        [10, 60],
        [20, 90],
      ]),
    ).toEqual([0.01, 's', 1.5, 'cm/s', 'region'])
  })

  test('a pixel measures nothing outside of the regions, or where points lie in two', () => {
    expect(
      sizes(picture, [
        [10, 10],
        [10, 60],
      ])[4],
    ).toBe('pixels')
    expect(sizes(picture, [[110, 10]])[4]).toBe('pixels')
  })

  test('a region reaches to the outer edge of its last pixel', () => {
    expect(sizes(picture, [[100, 10]])[4]).toBe('region')
    expect(sizes(picture, [[100.1, 10]])[4]).toBe('pixels')
  })

  test('of two regions over each other the one of higher priority counts, then the smaller', () => {
    const over = (first: DataSet, second: DataSet) =>
      sizes(of({ [TAG.SequenceOfUltrasoundRegions]: [first, second] }), [[5, 5]])[0]
    const [large, small] = [region([0, 0, 99, 99], [CM, 0.1], [CM, 0.1]), region([0, 0, 9, 9], [CM, 0.2], [CM, 0.2])]
    const low = region([0, 0, 9, 9], [CM, 0.2], [CM, 0.2], 1)

    expect(over(large, small)).toBe(2)
    expect(over(large, low)).toBe(1)
  })

  test('a region without units is none', () => {
    const nothing = of({ [TAG.SequenceOfUltrasoundRegions]: [region([0, 0, 9, 9], [0, 0], [0, 0])] })

    expect(measuredAt(nothing)).toBe('pixels')
  })
})

test('Cornerstone is given a place only beside a spacing, and the picture keeps none', () => {
  const radiograph = of({ [TAG.Modality]: ['DX'], [TAG.ImagerPixelSpacing]: [0.2, 0.2] })

  expect(numbersOf(drawable(radiograph), TAG.PixelSpacing)).toEqual([0.2, 0.2])
  expect(numbersOf(drawable(radiograph), TAG.ImageOrientationPatient)).toEqual([1, 0, 0, 0, 1, 0])
  expect(drawable(of({ [TAG.PixelSpacing]: [0, 0] }))).toEqual({})
})
