import { describe, expect, test } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { counterpartOf } from '../src/images/layout/counterparts'
import { cutBy, planeOf, type Plane } from '../src/images/layout/planes'
import type { Picture } from '../src/images/pictures'

const AXIAL = [1, 0, 0, 0, 1, 0]
const SAGITTAL = [0, 1, 0, 0, 0, -1]

const slice = (space: string, position: readonly number[], orientation: readonly number[] = AXIAL): DataSet => ({
  [TAG.FrameOfReferenceUID]: { Value: space ? [space] : [] },
  [TAG.ImagePositionPatient]: { Value: position },
  [TAG.ImageOrientationPatient]: { Value: orientation },
  [TAG.PixelSpacing]: { Value: [2, 1] }, // 2 mm between rows, 1 mm between columns
  [TAG.Rows]: { Value: [51] },
  [TAG.Columns]: { Value: [101] },
})
const plane = (...known: Parameters<typeof slice>): Plane => planeOf(slice(...known))!
const stack = (slices: readonly DataSet[], anchor = 0) => ({
  pictures: slices.map((metadata, index): Picture => ({
    imageId: String(index),
    instanceUid: '',
    frame: 1,
    metadata,
    content: '',
    digest: '',
    privateClass: '',
  })),
  anchor,
})
const axial = (space: string, first: number, step: number, count: number): readonly DataSet[] =>
  Array.from({ length: count }, (_, index) => slice(space, [0, 0, first + step * index]))

describe('a plane', () => {
  test('is as long as its rows and columns', () => {
    const { along, down, normal } = plane('1', [0, 0, 40])

    expect([along, down, normal]).toEqual([
      [100, 0, 0], // 100 steps of 1 mm
      [0, 100, 0], // 50 steps of 2 mm
      [0, 0, 1],
    ])
  })

  test('is none without a frame of reference, a position or an orientation', () => {
    expect(planeOf(slice('', [0, 0, 0]))).toBeUndefined()
    expect(planeOf(slice('1', []))).toBeUndefined()
    expect(planeOf(slice('1', [0, 0, 0], [1, 0, 0]))).toBeUndefined()
  })
})

describe('a picture cuts another one', () => {
  // The sagittal one stands at x = 30; its rows go to the back from y = -10, its columns down from z = 60.
  const sagittal = plane('1', [30, -10, 60], SAGITTAL)

  test('where their planes meet, as far as it goes', () => {
    const [start, end] = cutBy(sagittal, plane('1', [0, 0, 40]))! // the axial one: x 0 to 100, y 0 to 100

    expect([start, end].sort((a, b) => a[1] - b[1])).toEqual([
      [30, 0, 40],
      [30, 100, 40],
    ])
  })

  test('not where it ends before, lies parallel, or is in another space', () => {
    expect(cutBy(sagittal, plane('1', [31, 0, 40]))).toBeUndefined()
    expect(cutBy(plane('1', [0, 0, 0]), plane('1', [0, 0, 5]))).toBeUndefined()
    expect(cutBy(sagittal, plane('2', [0, 0, 40]))).toBeUndefined()
  })
})

describe('linked stacks', () => {
  const thick = stack(axial('1', 0, 5, 10))

  test('of one frame of reference meet in the same place, whatever their slices are', () => {
    const thin = stack(axial('1', -10, 1, 100))

    expect(counterpartOf(thick, 4, thin)).toBe(30) // 20 mm: -10 + 30
    expect(counterpartOf(thin, 33, thick)).toBe(5) // 23 mm: 25 lies nearer than 20
  })

  test('numbered from the feet follow those numbered from the head', () => {
    expect(counterpartOf(thick, 9, stack(axial('1', 45, -5, 10)))).toBe(0)
  })

  test('stay where one ends before the other', () => {
    expect(counterpartOf(thick, 9, stack(axial('1', 0, 5, 5)))).toBeUndefined() // 45 mm; the last lies at 20
    expect(counterpartOf(thick, 5, stack(axial('1', 0, 5, 5)))).toBe(4) // one step beyond
  })

  test('of two examinations keep the distance that they had when they were linked', () => {
    const earlier = stack(axial('2', 1000, 5, 10), 3) // at 1015 when the other stood at 10
    const now = { ...thick, anchor: 2 }

    expect(counterpartOf(now, 2, earlier)).toBe(3)
    expect(counterpartOf(now, 6, earlier)).toBe(7)
    expect(counterpartOf(earlier, 1, now)).toBe(0)
  })

  test('that lead another way through the body do not follow', () => {
    expect(counterpartOf(thick, 3, stack([slice('1', [0, 0, 0], SAGITTAL)]))).toBeUndefined()
  })

  test('without places follow by their numbers', () => {
    const [one, other] = [stack(Array(9).fill({}), 2), stack(Array(9).fill({}), 5)]

    expect(counterpartOf(one, 4, other)).toBe(7)
    expect(counterpartOf(one, 7, other)).toBeUndefined()
    expect(counterpartOf(one, 4, thick)).toBeUndefined()
  })
})
