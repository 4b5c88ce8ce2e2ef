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

  test('no longer when the case holds other images of it, whatever series is open', () => {
    const shown = new ShownSeries()
    shown.hold({ '1.1': 'one', '1.2': 'two' })
    for (const uid of ['1.1', '1.2']) {
      shown.expect(uid, 1)
      shown.displayed(uid, 'a')
    }
    shown.hold({ '1.1': 'one', '1.2': 'replaced' })

    expect(shown.shown()).toEqual(['1.1'])
    expect(shown.contentOf('1.2')).toBe('replaced')
    shown.displayed('1.2', 'a') // of the content before, and late
    shown.expect('1.2', 1)
    expect(shown.progress('1.2')).toEqual({ done: 0, frames: 1 })
    shown.displayed('1.2', 'a')
    expect(shown.shown()).toEqual(['1.1', '1.2'])
  })

  test('no longer when the case has nothing of it any more', () => {
    const shown = new ShownSeries()
    shown.hold({ '1.2': 'two' })
    shown.expect('1.2', 1)
    shown.displayed('1.2', 'a')
    shown.hold({})

    expect(shown.shown()).toEqual([])
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

describe('a series cannot be shown', () => {
  test('when all of it failed, and not before it was tried', () => {
    const shown = new ShownSeries()
    expect(shown.cannotShow('1.2')).toBeUndefined()
    shown.expect('1.2', 2)
    shown.failed('1.2', 'a', 'unsupported')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    shown.failed('1.2', 'b', 'unsupported')
    expect(shown.cannotShow('1.2')).toEqual({ fault: 'unsupported' })
    expect(shown.isShown('1.2')).toBe(false)
  })

  test('in part, when the others were looked at', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 3)
    shown.failed('1.2', 'c', 'damaged')
    shown.displayed('1.2', 'a')
    shown.arrived('1.2', 'b')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    shown.displayed('1.2', 'b')
    expect(shown.cannotShow('1.2')).toEqual({ fault: 'damaged', pictures: 1 })
  })

  test('in part, when some of it is nothing that is drawn here, once the others were looked at', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 2, 1)
    shown.displayed('1.2', 'a')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.progress('1.2')).toEqual({ done: 1, frames: 3 })
    shown.displayed('1.2', 'b')
    expect(shown.isShown('1.2')).toBe(false)
    expect(shown.cannotShow('1.2')).toEqual({ fault: 'unsupported', pictures: 1 })
  })

  test('of a long stack only after something of it was on the screen, where something came', () => {
    const shown = new ShownSeries()
    const frames = EACH_UP_TO + 1
    shown.expect('1.2', frames)
    shown.failed('1.2', '0', 'load_failed')
    for (let i = 1; i < frames; i++) shown.arrived('1.2', String(i))

    expect(shown.cannotShow('1.2')).toBeUndefined()
    shown.displayed('1.2', '1')
    expect(shown.cannotShow('1.2')).toEqual({ fault: 'load_failed', pictures: 1 })
  })

  test('no longer when another try draws it, and not when it was drawn before', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 1)
    shown.failed('1.2', 'a', 'load_failed')
    shown.displayed('1.2', 'a')
    shown.failed('1.2', 'a', 'load_failed')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.shown()).toEqual(['1.2'])
  })

  test('no longer when a good picture takes the place of the one that failed', () => {
    const shown = new ShownSeries()
    shown.hold({ '1.2': 'broken', '1.3': 'gone' })
    shown.expect('1.2', 1)
    shown.failed('1.2', 'a', 'damaged')
    shown.lose('1.3')
    shown.hold({ '1.2': 'mended', '1.3': 'there' })
    shown.expect('1.2', 1)

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.cannotShow('1.3')).toBeUndefined()
    shown.displayed('1.2', 'b')
    expect(shown.shown()).toEqual(['1.2'])
  })

  test('for want of its contents no longer than until something of it is on the screen', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 1)
    shown.lose('1.2')
    shown.displayed('1.2', 'a')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.shown()).toEqual(['1.2'])
  })

  test('when not even its contents came, until they come', () => {
    const shown = new ShownSeries()
    shown.lose('1.2')

    expect(shown.cannotShow('1.2')).toEqual({ fault: 'load_failed' })
    shown.expect('1.2', 1)
    expect(shown.cannotShow('1.2')).toBeUndefined()
  })
})
