import { describe, expect, test } from 'vitest'
import { presetsFor, rangeOf, windowOf } from '../src/images/window-level'

// PS3.3 C.11.2.1.2.1: black up to c - 0.5 - (w - 1) / 2, white from c - 0.5 + (w - 1) / 2 on.
describe('a window', () => {
  test.each([
    [
      { center: 2048, width: 4096 },
      { lower: 0, upper: 4095 },
    ],
    [
      { center: 2048, width: 1 },
      { lower: 2047.5, upper: 2047.5 },
    ],
    [
      { center: 0, width: 100 },
      { lower: -50, upper: 49 },
    ],
    [
      { center: 0, width: 1 },
      { lower: -0.5, upper: -0.5 },
    ],
    [
      { center: 40, width: 400 },
      { lower: -160, upper: 239 },
    ],
  ])('of %o shows the values of %o, and back', (window, range) => {
    expect(rangeOf(window)).toEqual(range)
    expect(windowOf(range)).toEqual(window)
  })

  test('narrower than 1 is taken as 1', () => {
    expect(rangeOf({ center: 10, width: 0 })).toEqual({ lower: 9.5, upper: 9.5 })
  })

  test('of a range that a drag turned round is that of the range', () => {
    expect(windowOf({ lower: 239, upper: -160 })).toEqual({ center: 40, width: 400 })
  })

  test('has presets for CT alone, each with a key of its own', () => {
    const keys = presetsFor('CT').map(({ key }) => key)

    expect(new Set(keys).size).toBe(keys.length)
    expect(presetsFor('DX')).toEqual([])
  })
})
