import { describe, expect, test } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { affineOf } from '../src/images/layers/affine'
import { ofCielab } from '../src/images/layers/colour'
import { linesAt } from '../src/images/layers/contour-lines'
import { doseGridOf, dosesAt, dosesOf } from '../src/images/layers/doses'
import { gridOf } from '../src/images/layers/grid'
import { outlineOf } from '../src/images/layers/outline'
import { nearest, sampled } from '../src/images/layers/sampled'
import { piecesOn } from '../src/images/layers/segmentation'
import { segmentationOf } from '../src/images/layers/segments'
import { labelsIn, valuesOf } from '../src/images/layers/stored'
import { contoursOn, structuresOf } from '../src/images/layers/structures'
import { of } from './data-sets'

/** Of 2 by 2 mm pixels, 4 columns and 3 rows, axial. */
const slice = (z: number, more: Readonly<Record<string, readonly unknown[]>> = {}): DataSet =>
  of({
    [TAG.ImagePositionPatient]: [10, 20, z],
    [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0],
    [TAG.PixelSpacing]: [2, 2],
    [TAG.Columns]: [4],
    [TAG.Rows]: [3],
    [TAG.FrameOfReferenceUID]: ['1.5'],
    ...more,
  })
const grid = (metadata: DataSet) => gridOf(metadata) ?? expect.fail('lies nowhere')
const mask = (columns: number, text: string) => ({
  columns,
  rows: text.length / columns,
  values: Uint8Array.from(text, (character) => (character === '#' ? 255 : 0)),
})
const picture = (metadata: DataSet, instanceUid = '') => ({ instanceUid, frame: 1, metadata })

describe('colours in CIELab', () => {
  test.each([
    ['white', [65_535, 32_896, 32_896], [255, 255, 255]],
    ['black', [0, 32_896, 32_896], [0, 0, 0]],
    // sRGB red is L* 54.29, a* 80.81, b* 69.89 under D50 (Bradford)
    ['red', [35_579, 53_664, 50_857], [255, 0, 0]],
    // and mid grey L* 53.585
    ['grey', [35_117, 32_896, 32_896], [128, 128, 128]],
  ])('%s', (_name, lab, rgb) => {
    for (const [at, value] of (ofCielab(lab) ?? []).entries()) expect(Math.abs(value - (rgb[at] ?? -9))).toBeLessThan(2)
  })

  test('that nobody recommended', () => expect(ofCielab([])).toBeUndefined())
})

describe('stored frames', () => {
  test('of bits begin with the lowest one of each byte', () => {
    const values = valuesOf(Uint8Array.of(0b0000_0101, 0b0000_0010), { kind: 'binary' }, 12, 1)

    expect([...values].map((value) => (value ? 1 : 0)).join('')).toBe('101000000100')
  })

  test('of parts are spread over the most that there is', () => {
    expect([...valuesOf(Uint8Array.of(0, 50, 100), { kind: 'fractional', most: 100 }, 3, 1)]).toEqual([0, 128, 255])
  })

  test('of labels tell one segment from the others, in one byte or two', () => {
    expect([...valuesOf(Uint8Array.of(0, 2, 1), { kind: 'labels', bytes: 1 }, 3, 2)]).toEqual([0, 255, 0])
    expect([...valuesOf(Uint8Array.of(2, 1, 2, 0), { kind: 'labels', bytes: 2 }, 2, 258)]).toEqual([255, 0])
  })

  test('of labels say which are there, so that hundreds are not looked for in each slice', () => {
    expect([...labelsIn([Uint8Array.of(0, 2), Uint8Array.of(255, 2)], 1)]).toEqual([0, 2, 255])
    expect([...labelsIn([Uint8Array.of(2, 1, 255, 255, 7)], 2)]).toEqual([258, 65_535])
  })
})

test('pixels come to the screen wherever the picture stands', () => {
  // turned by a quarter and three times as large: 2 mm to the right are 6 points down
  const { plane } = grid(slice(0))
  const affine = affineOf(plane, ([x, y]) => [100 - 3 * y, 50 + 3 * x])

  // the outer corner of the first pixel lies at x = 9 and y = 19
  expect(affine).toEqual([0, 6, -6, 0, 43, 77])
})

describe('the outline', () => {
  test('runs along the edges of pixels, without the edges between them', () => {
    // ....
    // .##.
    // ..#.
    const lines = outlineOf(mask(4, '.....##...#.')).map((line) => line.join())

    expect(new Set(lines)).toEqual(
      new Set(['1,1,3,1', '1,2,2,2', '2,3,3,3', '1,1,1,2', '2,2,2,3', '3,1,3,3'].map(String)),
    )
  })

  test('is that of what belongs to it by half or more', () => {
    expect(outlineOf({ columns: 2, rows: 1, values: Uint8Array.of(127, 128) })).toHaveLength(4)
  })
})

describe('frames in pixels of other pictures', () => {
  const stored = grid(slice(0))
  const values = mask(4, '#....#......').values

  test('are themselves where the pixels are the same', () => {
    expect([...sampled(grid(slice(0)), [{ grid: stored, values }], 1)]).toEqual([...values])
  })

  test('of half the size are twice as wide; outside is nothing', () => {
    // pixels of 1 mm whose first one has its middle half a mm to the left and above of that of the stored one
    const fine = grid(
      slice(0, { [TAG.ImagePositionPatient]: [9.5, 19.5, 0], [TAG.PixelSpacing]: [1, 1], [TAG.Columns]: [5] }),
    )

    expect([...sampled(fine, [{ grid: stored, values }], 1)].map((value) => (value ? '#' : '.')).join('')).toBe(
      ['##...', '##...', '..##.'].join(''),
    )
  })

  test('hold for half of the distance to the next one', () => {
    const at = (z: number): number => sampled(grid(slice(z)), [{ grid: stored, values }], 1)[0] ?? 0

    expect([-1.1, -1, 0.9, 1.1].map(at)).toEqual([0, 255, 255, 0])
  })

  test('are cut by a coronal plane, slice by slice', () => {
    const slices = [0, 5, 10].map((z) => ({
      grid: grid(slice(z)),
      values: z === 5 ? mask(4, '....##......').values : new Uint8Array(12),
    }))
    // along the row of the stored ones, downwards to the feet from z = 10 on, at the height of their second row; in the middle the lower slice counts
    const coronal = grid(
      slice(10, {
        [TAG.ImagePositionPatient]: [10, 22, 10],
        [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 0, -1],
        [TAG.PixelSpacing]: [2.5, 2],
        [TAG.Rows]: [5],
      }),
    )
    const rows = [...sampled(coronal, slices, 2.5)].map((value) => (value ? '#' : '.')).join('')

    expect(rows.match(/.{4}/g)).toEqual(['....', '##..', '##..', '....', '....'])
  })

  test('find the nearest of their places', () => {
    expect([-2, -0.5, 4.9, 5.1, 12, 13].map((height) => nearest([0, 5, 10], height, 2.5))).toEqual([0, 0, 1, 1, 2, -1])
  })
})

const PLANE_POSITION = '00209113'
const frame = (segment: number, z: number, source = ''): DataSet =>
  of({
    '0062000A': [of({ '0062000B': [segment] })],
    [PLANE_POSITION]: [of({ [TAG.ImagePositionPatient]: [10, 20, z] })],
    ...(source ? { '00089124': [of({ '00082112': [of({ '00081155': [source] })] })] } : {}),
  })
const SHARED = of({
  '00209116': [of({ [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0] })],
  '00289110': [of({ [TAG.PixelSpacing]: [2, 2], [TAG.SliceThickness]: [5], '00180088': [5] })],
})
const SEGMENTATION = of({
  '00620001': ['BINARY'],
  '00620002': [
    of({ '00620004': [1], '00620005': ['Liver'], '0062000D': [65_535, 32_896, 32_896] }),
    of({ '00620004': [2], '00620005': ['Lesion'] }),
  ],
  [TAG.BitsAllocated]: [1],
  [TAG.Columns]: [4],
  [TAG.Rows]: [3],
  [TAG.NumberOfFrames]: [3],
  [TAG.FrameOfReferenceUID]: ['1.5'],
  [TAG.SharedFunctionalGroups]: [SHARED],
  [TAG.PerFrameFunctionalGroups]: [frame(1, 5, '1.9.5'), frame(1, 0, '1.9.0'), frame(2, 5, '1.9.5')],
})
const read = (more: DataSet = {}) => {
  const found = segmentationOf({ ...SEGMENTATION, ...more })
  return 'why' in found ? expect.fail(found.why) : found
}

describe('a segmentation', () => {
  test('has segments with names and colours, and holds for half of its distance', () => {
    expect(read()).toMatchObject({
      parts: [
        { id: 1, name: 'Liver', colour: [255, 255, 255] },
        { id: 2, name: 'Lesion', colour: [86, 180, 233] },
      ],
      half_mm: 2.5,
    })
  })

  test('that tells no distance between its slices holds for half of the least that there is, or of their thickness', () => {
    const measures = of({ [TAG.PixelSpacing]: [2, 2], [TAG.SliceThickness]: [3] })
    const shared = of({
      '00209116': [of({ [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0] })],
      '00289110': [measures],
    })
    const half = (...frames: readonly DataSet[]): number =>
      read({
        [TAG.SharedFunctionalGroups]: { Value: [shared] },
        [TAG.PerFrameFunctionalGroups]: { Value: frames },
        [TAG.NumberOfFrames]: { Value: [frames.length] },
      }).half_mm

    expect(half(frame(1, 20), frame(2, 20), frame(1, 0), frame(1, 8))).toBe(4)
    expect(half(frame(1, 20))).toBe(1.5)
  })

  test('lies on the picture that its frames name', () => {
    const pieces = piecesOn(read(), picture(slice(5), '1.9.5'), gridOf(slice(5)))

    expect(pieces?.map(({ part, frames, isDirect }) => [part, frames.map(({ number }) => number), isDirect])).toEqual([
      [1, [1], true],
      [2, [3], true],
    ])
  })

  test('lies on pictures that nobody named by their place, in the order of its places', () => {
    const near = piecesOn(read(), picture(slice(2.4)), gridOf(slice(2.4)))
    const far = piecesOn(read(), picture(slice(20)), gridOf(slice(20)))

    expect(near?.map(({ part, frames, isDirect }) => [part, frames.map(({ number }) => number), isDirect])).toEqual([
      [1, [2], false],
    ])
    expect(far).toEqual([])
  })

  test('has nothing to do with another frame of reference', () => {
    const other = slice(5, { [TAG.FrameOfReferenceUID]: ['1.6'] })

    expect(piecesOn(read(), picture(other), gridOf(other))).toBeUndefined()
    expect(piecesOn(read(), picture(of({})), undefined)).toBeUndefined()
  })

  test('without a place of its own lies on the picture it names, pixel by pixel', () => {
    const flat = read({
      ...of({ [TAG.NumberOfFrames]: [1], [TAG.SharedFunctionalGroups]: [{}] }),
      ...of({
        [TAG.PerFrameFunctionalGroups]: [
          of({
            '0062000A': [of({ '0062000B': [1] })],
            '00089124': [of({ '00082112': [of({ '00081155': ['1.7'] })] })],
          }),
        ],
      }),
    })
    const film = of({ [TAG.Columns]: [4], [TAG.Rows]: [3] })
    const larger = of({ [TAG.Columns]: [8], [TAG.Rows]: [6] })

    expect(piecesOn(flat, picture(film, '1.7'), undefined)).toMatchObject([{ part: 1, isDirect: true }])
    expect(piecesOn(flat, picture(larger, '1.7'), undefined)).toBeUndefined()
  })

  test.each([
    ['slide', { [TAG.PerFrameFunctionalGroups]: { Value: [of({ '0048021A': [of({})] })] } }],
    ['unknown', of({ [TAG.BitsAllocated]: [32] })],
    ['empty', of({ '00620002': [] })],
  ])('that is %s says so', (why, more) => {
    expect(segmentationOf({ ...SEGMENTATION, ...more })).toMatchObject({ why })
  })
})

describe('lines of one value', () => {
  test('run between the middles of pixels, where the value lies', () => {
    // 0 4 8
    // 0 4 8: 5 lies a quarter of a pixel behind the middle of the second column
    expect(linesAt(5, Float32Array.of(0, 4, 8, 0, 4, 8), 3, 2)).toEqual([[1.75, 0.5, 1.75, 1.5]])
  })

  test('join what is like the middle of a saddle', () => {
    const cut = (...values: readonly number[]): readonly string[] =>
      linesAt(5, Float32Array.from(values), 2, 2).map((line) => line.join())

    // 10 0 / 2 10 has 5.5 in its middle: the corners below are cut off
    expect(cut(10, 0, 2, 10)).toEqual(['1,0.5,1.5,1', '0.875,1.5,0.5,1.125'])
    // 10 0 / 0 8 has 4.5 there: the corners above are
    expect(cut(10, 0, 0, 8)).toEqual(['0.5,1,1,0.5', '1.5,1.125,1.125,1.5'])
  })

  test('end where nothing is known', () => {
    expect(linesAt(5, Float32Array.of(NaN, 4, 8, 0, 4, 8), 3, 2)).toHaveLength(1)
    expect(linesAt(2, Float32Array.of(NaN, 4, 8, 0, 4, 8), 3, 2)).toHaveLength(0)
  })
})

const DOSE = slice(0, {
  [TAG.NumberOfFrames]: [2],
  [TAG.BitsAllocated]: [16],
  '30040002': ['GY'],
  '3004000C': [0, 10],
  '3004000E': [0.5],
})
const doseOf = (more: DataSet = {}) => {
  const found = doseGridOf({ ...DOSE, ...more })
  return 'why' in found ? expect.fail(found.why) : found
}
/** 2 Gy a column, 10 a row, 100 a plane, in 0.5 Gy. */
const STORED = [0, 1].map((plane) => {
  const values = Uint16Array.from({ length: 12 }, (_, at) => 2 * (2 * (at % 4) + 10 * Math.floor(at / 4) + 100 * plane))
  return new Uint8Array(values.buffer)
})

describe('a dose', () => {
  test('is what is stored by its scaling, in the order of its planes', () => {
    const upside = doseOf(of({ '3004000C': [0, -10] }))
    const doses = dosesOf(upside, [STORED[1] ?? new Uint8Array(), STORED[0] ?? new Uint8Array()])

    expect(upside.planes).toEqual([
      { along_mm: -10, frame: 2 },
      { along_mm: 0, frame: 1 },
    ])
    expect([...dosesOf(doseOf(), STORED)].slice(10, 14)).toEqual([24, 26, 100, 102])
    expect(doses[0]).toBe(100)
  })

  test('of 32 bits and of signs', () => {
    const four = doseOf(of({ [TAG.BitsAllocated]: [32], [TAG.NumberOfFrames]: [1], [TAG.PixelRepresentation]: [1] }))
    const stored = new Uint8Array(Int32Array.from({ length: 12 }, (_, at) => (at === 1 ? -70_000 : 70_000)).buffer)

    expect([...dosesOf(four, [stored])].slice(0, 2)).toEqual([35_000, -35_000])
  })

  test('lies between its values in all three directions, and nowhere outside of them', () => {
    // pixels of 1 mm from 1 mm behind the first ones of the grid on, a quarter of the way up
    const between = grid(
      slice(2.5, {
        [TAG.ImagePositionPatient]: [11, 21, 2.5],
        [TAG.PixelSpacing]: [1, 1],
        [TAG.Columns]: [7],
        [TAG.Rows]: [2],
      }),
    )
    const found = [...dosesAt(between, doseOf(), dosesOf(doseOf(), STORED))]

    // half a column is 1, half a row 5, a quarter of the way between the planes 25
    expect(found).toEqual([31, 32, 33, 34, 35, 36, NaN, 36, 37, 38, 39, 40, 41, NaN])
    expect([-1, 0, 10, 11].map((z) => dosesAt(grid(slice(z)), doseOf(), dosesOf(doseOf(), STORED))[0])).toEqual([
      NaN,
      0,
      100,
      NaN,
    ])
  })

  test.each([
    ['without offsets', of({ '3004000C': [] }), 'unknown'],
    ['of errors', of({ '30040004': ['ERROR'] }), 'unknown'],
    ['without a scaling', of({ '3004000E': [] }), 'empty'],
  ])('%s is none', (_name, more, why) => expect(doseGridOf({ ...DOSE, ...more })).toMatchObject({ why }))
})

const contour = (z: number, type = 'CLOSED_PLANAR', source = ''): DataSet =>
  of({
    '30060042': [type],
    '30060050': [11, 21, z, 15, 21, z, 15, 23, z, 11, 23, z],
    ...(source ? { '30060016': [of({ '00081155': [source] })] } : {}),
  })
const structures = (...contours: readonly DataSet[]) => {
  const found = structuresOf(
    of({
      '30060002': ['Plan'],
      '30060020': [of({ '30060022': [7], '30060024': ['1.5'], '30060026': ['Heart'] })],
      '30060039': [of({ '30060084': [7], '3006002A': [255, 0, 16], '30060040': contours })],
    }),
  )
  return 'why' in found ? expect.fail(found.why) : found
}

describe('contours', () => {
  const thick = slice(5, { [TAG.SliceThickness]: [4] })

  test('have the names and colours of their structures, and lie in pixels of the picture', () => {
    const read_ = structures(contour(5))
    const found = contoursOn(read_, picture(thick), 'taken')

    expect(read_.parts).toEqual([{ id: 7, name: 'Heart', colour: [255, 0, 16] }])
    // 1 mm beside the middle of the first pixel, which is at (0.5, 0.5); pixels are 2 mm
    expect(found).toEqual([{ part: 7, lines: [[1, 1, 3, 1, 3, 2, 1, 2]], areClosed: true }])
  })

  test('are drawn on one slice of two that are as near', () => {
    const on = (z: number) =>
      contoursOn(structures(contour(5)), picture(slice(z, { [TAG.SliceThickness]: [4] })), 'taken').length

    expect([2.9, 3, 5, 7, 7.1].map(on)).toEqual([0, 0, 1, 1, 0])
  })

  test('are drawn on the picture that they name, wherever that says it lies', () => {
    const elsewhere = slice(90, { [TAG.FrameOfReferenceUID]: ['1.6'] })

    expect(contoursOn(structures(contour(5, 'CLOSED_PLANAR', '1.9')), picture(elsewhere, '1.9'), 'taken')).toHaveLength(
      1,
    )
    expect(contoursOn(structures(contour(5)), picture(elsewhere, '1.9'), 'taken')).toBe('elsewhere')
  })

  test('do not follow into planes that are made', () => {
    expect(contoursOn(structures(contour(5)), picture(thick), 'plane')).toBe('made')
    expect(contoursOn(structures(contour(5)), picture(thick), 'slab')).toBe('slab')
  })

  test('that enclose nothing are none', () => {
    expect(
      structuresOf(of({ '30060039': [of({ '30060084': [7], '30060040': [contour(5, 'POINT')] })] })),
    ).toMatchObject({
      why: 'empty',
    })
  })

  test('of which some points are no numbers are not drawn in another place', () => {
    // three of them: what is left could be taken for whole points
    const points = [0, 0, 5, 'nan', 2, 5, 4, 'nan', 5, 4, 4, 'nan']
    const broken = of({ '30060042': ['CLOSED_PLANAR'], '30060050': points })

    expect(structuresOf(of({ '30060039': [of({ '30060084': [7], '30060040': [broken] })] }))).toMatchObject({
      why: 'empty',
    })
  })
})
