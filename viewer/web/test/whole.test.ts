import { expect, test } from 'vitest'
import { isFullSize, isWhole } from '../src/images/whole'

test.each([
  [640, 480, true],
  [640, 600, true], // the server makes pixels square that are not
  [640, 479, false],
  [639, 480, false],
])('%i by %i is full size for 640 by 480: %s', (width, height, full) => {
  expect(isFullSize({ width, height }, { columns: 640, rows: 480 })).toBe(full)
})

test('nothing is full size for a frame without a size', () => {
  expect(isFullSize({ width: 1, height: 1 }, { columns: 0, rows: 0 })).toBe(false)
})

test.each([
  ['all samples', 4, 2, 1, 16, 8, true],
  ['RGB', 4, 2, 3, 8, 24, true],
  ['RGBA for RGB', 4, 2, 3, 8, 32, true],
  ['packed bits', 4, 2, 1, 1, 1, true],
  ['nothing', 0, 0, 1, 16, 0, false],
  ['a size without its samples', 4, 2, 1, 16, 7, false],
  ['a coarse picture', 2, 1, 1, 16, 2, false],
])('a decoder that gave %s', (_, width, height, numberOfComponents, bitsAllocated, samples, whole) => {
  expect(isWhole({ width, height, numberOfComponents, samples }, { columns: 4, rows: 2, bitsAllocated })).toBe(whole)
})
