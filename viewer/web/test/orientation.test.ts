import { describe, expect, test } from 'vitest'
import { TAG } from '../src/images/dicom-json'
import { flipped, lettersOf, sidesOf, turned, UPRIGHT } from '../src/images/tools/orientation'
import { of } from './data-sets'

const AXIAL = of({ [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0] })
const around = (metadata = AXIAL, turn = UPRIGHT) => {
  const sides = sidesOf(metadata, turn)
  return sides && [sides.top, sides.right, sides.bottom, sides.left].join(' ')
}

describe('the patient lies', () => {
  test.each([
    ['axial', [1, 0, 0, 0, 1, 0], 'A L P R'],
    ['axial, prone', [-1, 0, 0, 0, -1, 0], 'P R A L'],
    ['coronal', [1, 0, 0, 0, 0, -1], 'H L F R'],
    ['sagittal', [0, 1, 0, 0, 0, -1], 'H P F A'],
    // the rows lead to the left and 30 degrees to the back: (cos 30, sin 30, 0)
    ['oblique', [0.866, 0.5, 0, 0, 0, -1], 'H LP F RA'],
    // 10 degrees of lean are not named
    ['a little oblique', [0.985, 0.174, 0, 0, 0, -1], 'H L F R'],
  ])('%s', (_, cosines, expected) => {
    expect(around(of({ [TAG.ImageOrientationPatient]: cosines }))).toBe(expected)
  })

  test('as the device says of a projection, which has no place in space', () => {
    expect(around(of({ [TAG.PatientOrientation]: ['L', 'F'] }))).toBe('H L F R')
    expect(around(of({ [TAG.PatientOrientation]: ['A', 'FR'] }))).toBe('HL A FR P')
  })

  test('nobody knows how where nothing is said, or what is no letter', () => {
    expect(sidesOf(of({}))).toBeUndefined()
    expect(sidesOf(of({ [TAG.PatientOrientation]: ['L'] }))).toBeUndefined()
    expect(sidesOf(of({ [TAG.PatientOrientation]: ['CR', 'LE'] }))).toBeUndefined()
  })

  test('with the axis that a direction follows most named first', () => {
    expect(lettersOf([0.4, 0.1, 0.9])).toBe('HL')
  })
})

describe('the letters follow the picture', () => {
  test('when it is turned clockwise: what was on top comes to the right', () => {
    expect(around(AXIAL, turned(UPRIGHT))).toBe('R A L P')
    expect(around(AXIAL, turned(turned(UPRIGHT)))).toBe('P R A L')
    expect(around(AXIAL, turned(turned(turned(UPRIGHT))))).toBe('L P R A')
  })

  test('when it is flipped: left and right change places as they are seen', () => {
    expect(around(AXIAL, flipped(UPRIGHT))).toBe('A R P L')
    expect(around(AXIAL, flipped(turned(UPRIGHT)))).toBe('R P L A')
    expect(around(AXIAL, turned(flipped(UPRIGHT)))).toBe('L A R P')
  })

  test('back to where they were', () => {
    expect([1, 2, 3, 4].reduce(turned, UPRIGHT)).toEqual(UPRIGHT)
    expect(flipped(flipped(turned(UPRIGHT)))).toEqual(turned(UPRIGHT))
  })
})
