import { describe, expect, test } from 'vitest'
import { EACH_UP_TO, ShownSeries } from '../src/images/shown-series'

describe('a series counts as shown', () => {
  test('when each of its few pictures was drawn in full', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 2)
    shown.displayed('1.2', 'a')
    shown.arrived('1.2', 'b')

    expect(shown.isShown('1.2')).toBe(false)
    shown.displayed('1.2', 'b')
    expect(shown.shown()).toEqual(['1.2'])
  })

  test('when a long stack was on the screen and all of it is here in full', () => {
    const shown = new ShownSeries()
    const frames = EACH_UP_TO + 1
    shown.expect('1.2', frames)
    for (let i = 0; i < frames; i++) shown.arrived('1.2', String(i))

    expect(shown.isShown('1.2')).toBe(false)
    shown.displayed('1.2', '0')
    expect(shown.isShown('1.2')).toBe(true)
  })

  test('not while a picture of a long stack is still coming', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 100)
    for (let i = 0; i < 99; i++) shown.displayed('1.2', String(i))

    expect(shown.isShown('1.2')).toBe(false)
    expect(shown.progress('1.2')).toEqual({ done: 99, frames: 100 })
  })

  test('no longer when more pictures arrived, until they were seen too', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 1)
    shown.displayed('1.2', 'a')
    shown.expect('1.2', 2)

    expect(shown.isShown('1.2')).toBe(false)
    shown.displayed('1.2', 'b')
    expect(shown.isShown('1.2')).toBe(true)
  })

  test('never when it has no pictures or nobody expected it', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 0)
    shown.displayed('9.9', 'a')

    expect(shown.shown()).toEqual([])
    expect(shown.isEmpty('1.2')).toBe(true)
    expect(shown.isEmpty('9.9')).toBe(false)
  })
})
