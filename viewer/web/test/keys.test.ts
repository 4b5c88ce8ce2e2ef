import { afterEach, describe, expect, test } from 'vitest'
import { obeyKey, type Hand } from '../src/desk/desk-commands'
import { deskCommandOf } from '../src/desk/shortcuts'
import { imageKeyOf } from '../src/images/image-keys'
import { layoutKeyOf } from '../src/images/layout/layout-keys'
import { roomOf, SHIPPED, type ActName } from '../src/keys/acts'
import { keys } from '../src/keys/keys'
import type { Value } from '../src/keeping/settings'
import { presetsFor } from '../src/images/window-level'

const key = (name: string, control = false) =>
  ({ key: name, code: '', ctrlKey: control, altKey: false, metaKey: false, shiftKey: false }) as KeyboardEvent
const withShift = (name: string, code: string) => ({ ...key(name), code, shiftKey: true })

describe('keys', () => {
  test('mean a window or a tool over the pictures, nothing with Ctrl', () => {
    expect(imageKeyOf(key('1'), presetsFor('CT'))).toEqual({ kind: 'window', window: { center: -600, width: 1500 } })
    expect(imageKeyOf(key('1'), presetsFor('DX'))).toBeNull()
    expect(imageKeyOf(key('M'), [])).toEqual({ kind: 'tool', tool: 'length' })
    expect(imageKeyOf(key('i', true), [])).toBeNull()
  })

  test('save and decide from within a text, where letters are letters', () => {
    expect(deskCommandOf(key('s', true), true)).toEqual({ kind: 'save' })
    expect(deskCommandOf(key('Enter', true), true)).toEqual({ kind: 'decide' })
    expect(deskCommandOf(key('?'), true)).toBeNull()
    expect(deskCommandOf(key('?'), false)).toEqual({ kind: 'help' })
  })

  test('decide once for each press: one that is held acts no second time, and the browser does nothing either', () => {
    const done: string[] = []
    const hand = { decide: () => done.push('decided') } as unknown as Hand
    const pressed = (repeat: boolean) =>
      ({
        ...key('Enter', true),
        repeat,
        target: { closest: () => null },
        preventDefault: () => done.push('prevented'),
      }) as unknown as KeyboardEvent
    for (const repeat of [false, true, true]) obeyKey(pressed(repeat), hand)

    expect(done).toEqual(['prevented', 'decided', 'prevented', 'prevented'])
  })

  test('judge with Shift, by the place of a digit on the keyboard, and never in a text', () => {
    const amend = withShift('M', 'KeyM')
    const second = withShift('@', 'Digit2')

    expect(deskCommandOf(amend, false)).toEqual({ kind: 'outcome', outcome: 'amend' })
    expect(deskCommandOf(second, false)).toEqual({ kind: 'score', score: '2a' })
    expect(deskCommandOf(withShift('"', 'Digit2'), false)).toEqual(deskCommandOf(second, false))
    expect([amend, second].map((event) => deskCommandOf(event, true))).toEqual([null, null])
    expect([amend, second].map((event) => imageKeyOf(event, presetsFor('CT')))).toEqual([null, null])
    expect(deskCommandOf(key('m'), false)).toBeNull()
    expect(deskCommandOf({ ...key('2'), code: 'Digit2' }, false)).toBeNull()
  })

  test('mean one thing each, and each of them does something', () => {
    const ofDesk = [...SHIPPED].filter(([act]) => roomOf(act) === 'desk')
    const shipped = ofDesk.map(([, told]) => told)
    const doing = ofDesk.filter(([, told]) => {
      const pressed = pressedFor(told)
      const meant = [deskCommandOf(pressed, false), layoutKeyOf(pressed), imageKeyOf(pressed, presetsFor('CT'))]
      return meant.filter(Boolean).length === 1
    })

    expect(new Set(shipped).size).toBe(shipped.length)
    expect(doing.map(([act]) => act)).toEqual(ofDesk.map(([act]) => act))
  })
})

/** As a keyboard sends what the table writes. */
function pressedFor(told: string): KeyboardEvent {
  const parts = told.split(' ')
  const name = parts.at(-1) ?? ''
  return {
    ...key(name.length === 1 ? name.toLowerCase() : name, parts.includes('Ctrl')),
    code: /^\d$/.test(name) ? `Digit${name}` : '',
    shiftKey: parts.includes('Shift'),
  }
}

/** Settings that are kept nowhere but here. */
function own(kept: Record<string, unknown> = {}) {
  const settings = {
    of: (): Value => kept,
    change: (_: string, parts: Value): void => {
      for (const [part, value] of Object.entries(parts))
        if (value === undefined) delete kept[part]
        else kept[part] = value
    },
  }
  keys.use(settings)
  return kept
}

describe('keys of a person', () => {
  afterEach(() => keys.use(undefined))

  test('mean what the person put on them, and no more what they were shipped with', () => {
    const kept = own()
    expect(keys.put('length', key(';'))).toBeUndefined()
    expect(keys.put('save', key('b', true))).toBeUndefined()

    expect(kept).toEqual({ length: ';', save: 'Ctrl B' })
    expect(imageKeyOf(key(';'), [])).toEqual({ kind: 'tool', tool: 'length' })
    expect(imageKeyOf(key('m'), [])).toBeNull()
    expect(deskCommandOf(key('b', true), true)).toEqual({ kind: 'save' })
    expect([keys.keyOf('length'), keys.isChanged('length'), keys.isChanged('angle')]).toEqual([';', true, false])
    expect(keys.put('angle', key('m'))).toBeUndefined()
    expect(keys.reset('length')).toEqual({ why: 'taken', by: 'angle' })
    keys.resetAll()
    expect(kept).toEqual({})
    expect(imageKeyOf(key('m'), [])).toEqual({ kind: 'tool', tool: 'length' })
  })

  test.each<readonly [string, ActName, KeyboardEvent, object]>([
    ['of another act', 'length', key('g'), { why: 'taken', by: 'grid' }],
    ['that is one with that of another act', 'length', key('='), { why: 'taken', by: 'zoom-in' }],
    ['of the windows', 'length', key('3'), { why: 'taken', by: 'preset-3' }],
    ['that goes from picture to picture', 'length', key('ArrowDown'), { why: 'taken', by: 'picture-after' }],
    ['that goes to the next part of the page', 'cell-after', key('Tab'), { why: 'fixed' }],
    ['that chooses words', 'length', { ...key('ArrowRight'), shiftKey: true }, { why: 'fixed' }],
    ['of another act of the worklist', 'take-next', key('p'), { why: 'taken', by: 'list-preview' }],
    ['that closes the page', 'save', key('w', true), { why: 'browser' }],
    ['of an editor', 'save', key('v', true), { why: 'browser' }],
    ['that goes from word to word', 'save', { ...key('ArrowLeft', true), shiftKey: true }, { why: 'browser' }],
    ['that takes a word away', 'save', key('Backspace', true), { why: 'browser' }],
    ['that goes to the end of a text', 'save', key('End', true), { why: 'browser' }],
    ['that makes the page larger', 'save', key('=', true), { why: 'browser' }],
    ['that changes the way of writing', 'save', key(' ', true), { why: 'browser' }],
    ['of the tools of a browser', 'length', { ...key('I', true), shiftKey: true }, { why: 'browser' }],
    ['of its console', 'length', { ...key('k', true), shiftKey: true }, { why: 'browser' }],
    ['without Ctrl for what is done while typing', 'save', key("'"), { why: 'types' }],
    ['of the sound', 'length', key('AudioVolumeDown'), { why: 'fixed' }],
    ['with Alt', 'save', { ...key('s'), altKey: true }, { why: 'not-one' }],
  ])('are none %s', (_, act, pressed, refusal) => {
    const kept = own()

    expect(keys.put(act, pressed)).toEqual(refusal)
    expect(kept).toEqual({})
  })

  test('go from picture to picture, choose windows and act in the worklist as the person put them', () => {
    own()
    expect(keys.put('picture-after', key('j'))).toEqual({ why: 'taken', by: 'places' })
    const put = [
      keys.put('picture-after', key(';')),
      keys.put('preset-2', key("'")),
      keys.put('take-next', key('m')), // at a case it measures
      keys.put('row-after', key('j')),
    ]

    expect(put).toEqual([undefined, undefined, undefined, undefined])
    expect(imageKeyOf(key(';'), [])).toEqual({ kind: 'step', by: 1 })
    expect(imageKeyOf(key('ArrowDown'), [])).toBeNull()
    expect(imageKeyOf(key("'"), presetsFor('CT'))).toEqual({ kind: 'window', window: { center: 40, width: 400 } })
    expect(imageKeyOf(key('m'), [])).toEqual({ kind: 'tool', tool: 'length' })
    expect(['m', 'n', 'j'].map((name) => keys.actOf(key(name), 'list'))).toEqual(['take-next', undefined, 'row-after'])
    expect(layoutKeyOf(key('j'))).toEqual({ kind: 'places' })
  })

  test('are one each where two machines said two', () => {
    own({ length: 'G', grid: 'M', save: 7, unheard: 'Q' })

    expect([keys.keyOf('length'), keys.keyOf('grid'), keys.keyOf('save')]).toEqual(['G', 'M', 'Ctrl S'])
    own({ length: ';', angle: ';' })
    expect([keys.keyOf('length'), keys.keyOf('angle')]).toEqual([';', ''])
  })
})
