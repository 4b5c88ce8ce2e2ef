import { describe, expect, test } from 'vitest'
import { deskCommandOf } from '../src/desk/shortcuts'
import { imageKeyOf } from '../src/images/image-keys'
import { layoutKeyOf } from '../src/images/layout/layout-keys'
import { ACT_KEYS, TOOL_KEYS } from '../src/images/tools/tool-names'
import { presetsFor } from '../src/images/window-level'

const key = (name: string, control = false) =>
  ({ key: name, ctrlKey: control, altKey: false, metaKey: false }) as KeyboardEvent

describe('keys', () => {
  test('mean a window or a tool over the pictures, nothing with Ctrl', () => {
    expect(imageKeyOf(key('1'), presetsFor('CT'))).toEqual({ kind: 'window', window: { center: -600, width: 1500 } })
    expect(imageKeyOf(key('1'), presetsFor('DX'))).toBeNull()
    expect(imageKeyOf(key('M'), [])).toEqual({ kind: 'tool', tool: 'length' })
    expect(imageKeyOf(key('i', true), [])).toBeNull()
  })

  test('save and decide from within a text, where letters are letters', () => {
    expect(deskCommandOf(key('s', true), true)).toBe('save')
    expect(deskCommandOf(key('Enter', true), true)).toBe('decide')
    expect(deskCommandOf(key('?'), true)).toBeNull()
    expect(deskCommandOf(key('?'), false)).toBe('help')
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
