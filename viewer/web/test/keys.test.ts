import { describe, expect, test } from 'vitest'
import { deskCommandOf } from '../src/desk/shortcuts'
import { imageKeyOf } from '../src/images/image-keys'
import { layoutKeyOf } from '../src/images/layout/layout-keys'
import { ACT_KEYS, TOOL_KEYS } from '../src/images/tools/tool-names'
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

  test('mean one thing each', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'].filter(
      (letter) =>
        [deskCommandOf(key(letter), false), layoutKeyOf(key(letter)), imageKeyOf(key(letter), [])].filter(Boolean)
          .length > 1,
    )
    const ours = [...Object.values(TOOL_KEYS), ...Object.values(ACT_KEYS)]

    expect(letters).toEqual([])
    expect(new Set(ours).size).toBe(ours.length)
  })
})
