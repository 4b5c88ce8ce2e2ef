import { describe, expect, test } from 'vitest'
import { ShownSeries } from '../src/images/shown-series'

describe('a series counts as shown', () => {
  test('when each of its pictures was drawn in full, however many they are', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 200)
    shown.displayed('1.2', 'a')

    expect(shown.isShown('1.2')).toBe(false)
    for (let i = 0; i < 198; i++) shown.displayed('1.2', String(i))
    expect(shown.isShown('1.2')).toBe(false)
    expect(shown.progress('1.2')).toEqual({ done: 199, frames: 200 })
    shown.displayed('1.2', 'z')
    expect(shown.isShown('1.2')).toBe(true)
    expect(shown.counts()).toEqual({ '1.2': 200 })
  })

  test('never when the server counts more of it than the desk finds', () => {
    const shown = new ShownSeries()
    shown.hold({}, { '1.2': 3 })
    shown.expect('1.2', 2)
    for (const frame of ['a', 'b']) shown.displayed('1.2', frame)

    expect(shown.isShown('1.2')).toBe(false)
    expect(shown.cannotShow('1.2')).toEqual({ fault: 'unsupported', pictures: 1 })
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

    expect(['1.1', '1.2'].map((uid) => shown.isShown(uid))).toEqual([true, false])
    expect(shown.contentOf('1.2')).toBe('replaced')
    shown.displayed('1.2', 'a') // of the content before, and late
    shown.expect('1.2', 1)
    expect(shown.progress('1.2')).toEqual({ done: 0, frames: 1 })
    shown.displayed('1.2', 'a')
    expect(['1.1', '1.2'].map((uid) => shown.isShown(uid))).toEqual([true, true])
  })

  test('no longer when the case has nothing of it any more', () => {
    const shown = new ShownSeries()
    shown.hold({ '1.2': 'two' })
    shown.expect('1.2', 1)
    shown.displayed('1.2', 'a')
    shown.hold({})

    expect(shown.isShown('1.2') || shown.isShown('9.9')).toBe(false)
  })

  test('never when it has no pictures or nobody expected it', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 0)
    shown.displayed('9.9', 'a')

    expect(shown.isShown('1.2') || shown.isShown('9.9')).toBe(false)
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

  test('where the person does not need it, whole or what is left of it, until they need it after all', () => {
    const shown = new ShownSeries()
    shown.leave('1.1', true)
    expect(shown.cannotShow('1.1')).toEqual({ fault: 'not_needed' })

    shown.expect('1.1', 5)
    shown.displayed('1.1', 'a')
    expect(shown.cannotShow('1.1')).toEqual({ fault: 'not_needed', pictures: 4 })
    shown.leave('1.1', false)
    expect(shown.cannotShow('1.1')).toBeUndefined()
  })

  test('no longer when another try draws it, and not when it was drawn before', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 1)
    shown.failed('1.2', 'a', 'load_failed')
    shown.displayed('1.2', 'a')
    shown.failed('1.2', 'a', 'load_failed')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.isShown('1.2')).toBe(true)
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
    expect(shown.isShown('1.2')).toBe(true)
  })

  test('for want of its contents no longer than until something of it is on the screen', () => {
    const shown = new ShownSeries()
    shown.expect('1.2', 1)
    shown.lose('1.2')
    shown.displayed('1.2', 'a')

    expect(shown.cannotShow('1.2')).toBeUndefined()
    expect(shown.isShown('1.2')).toBe(true)
  })

  test('as an account of those that are asked for, never of more pictures than the server counts', () => {
    const shown = new ShownSeries()
    for (const uid of ['1.1', '1.2', '1.3', '1.5']) shown.expect(uid, uid === '1.2' ? 4 : 1)
    shown.displayed('1.1', 'a') // seen whole
    shown.displayed('1.2', 'a')
    for (const frame of ['b', 'c', 'd']) shown.failed('1.2', frame, 'damaged')
    shown.lose('1.4')
    shown.failed('1.5', 'a', 'unsupported') // not asked for

    expect(shown.failures({ '1.1': 1, '1.2': 2, '1.3': 1, '1.4': 9 })).toEqual({
      '1.2': { fault: 'damaged', pictures: 2 },
      '1.4': { fault: 'load_failed' },
    })
  })

  test('when not even its contents came, until they come', () => {
    const shown = new ShownSeries()
    shown.lose('1.2')

    expect(shown.cannotShow('1.2')).toEqual({ fault: 'load_failed' })
    shown.expect('1.2', 1)
    expect(shown.cannotShow('1.2')).toBeUndefined()
  })
})
