import { describe, expect, test } from 'vitest'
import type { Mark, MarkKind } from '../src/api/marks'
import { TAG } from '../src/images/dicom-json'
import type { Scale } from '../src/images/tools/calibration'
import { measured } from '../src/images/tools/measuring'
import { unitOf, valuesOf } from '../src/images/tools/pixel-values'
import { of } from './data-sets'

const mm = (x: number, y: number): Scale => ({
  x: { size: x, unit: 'mm' },
  y: { size: y, unit: 'mm' },
  source: 'patient',
})
const said = (kind: MarkKind, points: Mark['points'], scale = mm(1, 1), values?: ReturnType<typeof valuesOf>) =>
  measured(kind, points, scale, values).map(({ name, value, unit }) => `${name} ${value} ${unit}`)

describe('a length', () => {
  test('has its own size along rows and along columns', () => {
    // 3 columns of 0.5 mm and 4 rows of 0.8 mm: the root of 1.5² + 3.2² = 12.49
    expect(
      said(
        'length',
        [
          [1, 1],
          [4, 5],
        ],
        mm(0.5, 0.8),
      ),
    ).toEqual(['length 3.5341 mm'])
  })

  test('of a curve of velocities is a time and a velocity', () => {
    const doppler: Scale = { x: { size: 0.01, unit: 's' }, y: { size: 1.5, unit: 'cm/s' }, source: 'region' }

    expect(
      said(
        'length',
        [
          [10, 50],
          [30, 20],
        ],
        doppler,
      ),
    ).toEqual(['value 0.2 s', 'value 45 cm/s'])
    expect(
      said(
        'angle',
        [
          [0, 0],
          [1, 1],
          [2, 0],
        ],
        doppler,
      ),
    ).toEqual([])
  })
})

describe('an angle', () => {
  test('is that at the vertex, by true sizes', () => {
    expect(
      said('angle', [
        [10, 0],
        [0, 0],
        [0, 10],
      ]),
    ).toEqual(['angle 90 deg'])
    // 10 columns of 1 mm against 10 rows of 0.5773 mm: the tangent of 30 degrees
    expect(
      said(
        'angle',
        [
          [10, 0],
          [0, 0],
          [10, 10],
        ],
        mm(1, Math.tan(Math.PI / 6)),
      ),
    ).toEqual(['angle 30 deg'])
  })

  test.each([
    [
      'parallel lines',
      [
        [0, 0],
        [10, 0],
        [0, 20],
        [10, 20],
      ],
      0,
    ],
    [
      'parallel lines, drawn the other way round',
      [
        [0, 0],
        [10, 0],
        [10, 20],
        [0, 20],
      ],
      0,
    ],
    [
      'lines beside each other',
      [
        [0, 0],
        [10, 0],
        [12, 5],
        [20, 5],
      ],
      0,
    ],
    [
      'one that leans by 45 degrees',
      [
        [0, 0],
        [10, 0],
        [0, 20],
        [10, 30],
      ],
      45,
    ],
    // from the left both lead away from each other: 50 degrees up and 50 down
    [
      'more than a right angle',
      [
        [0, 0],
        [6.428, -7.66],
        [0, 4],
        [6.428, 11.66],
      ],
      100,
    ],
  ] as const)('after Cobb, of %s', (_, points, expected) => {
    const [angle] = measured('cobb', points, mm(1, 1), undefined)

    expect(angle?.value).toBeCloseTo(expected, 1)
  })
})

test('a ratio is that of two widths, which it tells too', () => {
  expect(
    said(
      'ratio',
      [
        [20, 50],
        [50, 50],
        [10, 60],
        [70, 60],
      ],
      mm(0.5, 0.5),
    ),
  ).toEqual(['ratio 0.5 1', 'length 15 mm', 'length 30 mm'])
})

describe('in a picture of 4 columns and 3 rows', () => {
  // 0  1  2  3
  // 4  5  6  7
  // 8  9 10 11
  const stored = Array.from({ length: 12 }, (_, index) => index)
  const ct = of({ [TAG.Modality]: ['CT'], [TAG.RescaleIntercept]: [-1000], [TAG.RescaleSlope]: [10] })
  const values = valuesOf(stored, { columns: 4, rows: 3 }, false, ct)

  test('a probe tells the value of the pixel under it', () => {
    expect(said('probe', [[2.9, 1.1]], mm(1, 1), values)).toEqual(["value -940 [hnsf'U]"])
    expect(said('probe', [[4, 0]], mm(1, 1), values)).toEqual([])
    expect(said('probe', [[0, 0]])).toEqual([])
  })

  test('a rectangle counts the pixels whose middle it holds', () => {
    const corners: Mark['points'] = [
      [1, 0],
      [3, 0],
      [3, 2],
      [1, 2],
    ] // stored 1, 2, 5 and 6: mean 3.5, deviations 2.5 and 1.5

    expect(said('rectangle', corners, mm(0.5, 2), values)).toEqual([
      'area 4 mm2',
      "mean -965 [hnsf'U]",
      `sd ${Number((10 * Math.sqrt((2.5 ** 2 + 1.5 ** 2) / 2)).toFixed(4))} [hnsf'U]`,
      "min -990 [hnsf'U]",
      "max -940 [hnsf'U]",
    ])
  })

  test('a rectangle is the same whichever way around its corners go', () => {
    const corners: Mark['points'] = [
      [1, 2],
      [3, 2],
      [3, 0],
      [1, 0],
    ]

    expect(said('rectangle', corners, mm(1, 1), values)[1]).toBe("mean -965 [hnsf'U]")
  })

  test('an ellipse leaves the corners out', () => {
    // around the middle of stored 5, one pixel to each side: 1, 4, 5, 6 and 9, whose middles lie within a radius of 1.2
    const ends: Mark['points'] = [
      [0.3, 1.5],
      [2.7, 1.5],
      [1.5, 0.3],
      [1.5, 2.7],
    ]

    expect(said('ellipse', ends, mm(1, 1), values).slice(0, 2)).toEqual([
      `area ${Number((Math.PI * 1.44).toFixed(4))} mm2`,
      "mean -950 [hnsf'U]",
    ])
  })

  test('nothing is told of pixels where none is in it, or nobody knows their values', () => {
    expect(
      said(
        'rectangle',
        [
          [5, 5],
          [6, 5],
          [6, 6],
          [5, 6],
        ],
        mm(1, 1),
        values,
      ),
    ).toEqual(['area 1 mm2'])
    expect(
      said('rectangle', [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ]),
    ).toEqual(['area 1 mm2'])
  })

  test('values that were rescaled before are taken as they are', () => {
    const rescaled = valuesOf([-1000, -990], { columns: 2, rows: 1 }, true, ct)

    expect(rescaled.at(1, 0)).toBe(-990)
  })
})

describe('the unit of a value', () => {
  test.each([
    [{ [TAG.Modality]: ['CT'], [TAG.RescaleIntercept]: [-1024] }, "[hnsf'U]"],
    [
      { [TAG.Modality]: ['CT'], [TAG.RescaleIntercept]: [0], [TAG.ImageType]: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] },
      '1',
    ],
    [{ [TAG.Modality]: ['CT'], [TAG.RescaleIntercept]: [0], [TAG.RescaleType]: ['US'] }, '1'],
    [{ [TAG.Modality]: ['MR'] }, '1'],
    [{ [TAG.Modality]: ['PT'], [TAG.Units]: ['BQML'] }, 'Bq/ml'],
  ])('of %o is %s', (values, expected) => {
    expect(unitOf(of(values as never))).toBe(expected)
  })
})

describe('the uptake', () => {
  const drug = {
    [TAG.RadionuclideTotalDose]: [400e6],
    [TAG.RadionuclideHalfLife]: [6588],
    [TAG.RadiopharmaceuticalStartTime]: ['090000.00'],
  }
  const pet = {
    [TAG.Modality]: ['PT'],
    [TAG.Units]: ['BQML'],
    [TAG.CorrectedImage]: ['DECY', 'ATTN'],
    [TAG.PatientWeight]: [70],
    [TAG.DecayCorrection]: ['START'],
    [TAG.SeriesDate]: ['20260302'],
    [TAG.SeriesTime]: ['104948'], // 6588 s after the injection: half of the dose is left
    [TAG.AcquisitionDate]: ['20260302'],
    [TAG.AcquisitionTime]: ['105000'],
    [TAG.RadiopharmaceuticalInformation]: [of(drug)],
  }
  const uptake = (values: Readonly<Record<string, readonly unknown[]>>) =>
    said('probe', [[0, 0]], mm(1, 1), valuesOf([20_000], { columns: 1, rows: 1 }, true, of({ ...pet, ...values })))

  test('is what a gram holds of what is left of the dose by gram of the body', () => {
    // 20,000 Bq/ml x 70,000 g / 200,000,000 Bq
    expect(uptake({})).toEqual(['value 7 {SUVbw}g/ml', 'value 20000 Bq/ml'])
  })

  test('counts the whole dose where values are corrected to the injection', () => {
    expect(uptake({ [TAG.DecayCorrection]: ['ADMIN'] })[0]).toBe('value 3.5 {SUVbw}g/ml')
  })

  test('knows that an injection late in the evening was on the day before', () => {
    const late = {
      [TAG.RadiopharmaceuticalInformation]: [of({ ...drug, [TAG.RadiopharmaceuticalStartTime]: ['233000'] })],
    }

    // 0:30 is 3600 s later: 400 MBq x 2^(-3600/6588) = 273.9 MBq
    expect(uptake({ ...late, [TAG.SeriesTime]: ['003000'], [TAG.AcquisitionTime]: ['003100'] })[0]).toBe(
      `value ${Number(((20_000 * 70_000) / (400e6 * 2 ** (-3600 / 6588))).toFixed(4))} {SUVbw}g/ml`,
    )
  })

  test.each([
    ['no weight', { [TAG.PatientWeight]: [] }],
    ['no correction for decay', { [TAG.CorrectedImage]: ['ATTN'] }],
    ['a series that was made after its pictures were taken', { [TAG.SeriesTime]: ['110000'] }],
    ['counts instead of activity', { [TAG.Units]: ['CNTS'] }],
  ])('is not told with %s', (_, values) => {
    expect(uptake(values)).toHaveLength(1)
  })
})
