import { expect, test } from 'vitest'
import { pixelOf, planeFrom, pointOf } from '../src/images/frame-plane'

/** Sagittal: rows run to the back, columns to the feet; 0.5 mm between neighbours in a row, 2 mm in a column. */
const SAGITTAL = planeFrom({
  imagePositionPatient: [7, -100, 50],
  rowCosines: [0, 1, 0],
  columnCosines: [0, 0, -1],
  columnPixelSpacing: 0.5,
  rowPixelSpacing: 2,
})

test('the position of an image is the centre of its first pixel, half a pixel from its outer corner', () => {
  expect(pixelOf(SAGITTAL, [7, -100, 50])).toEqual([0.5, 0.5])
  expect(pointOf(SAGITTAL, [0, 0])).toEqual([7, -100.25, 51])
})

test('a point 10 mm to the back and 6 mm to the feet is 20 columns and 3 rows away', () => {
  expect(pixelOf(SAGITTAL, [7, -90, 44])).toEqual([20.5, 3.5])
  expect(pointOf(SAGITTAL, [20.5, 3.5])).toEqual([7, -90, 44])
})

test('a picture without a place lies at the origin, one mm a pixel', () => {
  const nowhere = planeFrom({ imagePositionPatient: null, columnPixelSpacing: null })

  expect(pixelOf(nowhere, [3, 4, 0])).toEqual([3.5, 4.5])
})
