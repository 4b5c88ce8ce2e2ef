import { describe, expect, test } from 'vitest'
import type { Phrase } from '../src/api/templates'
import { expanded } from '../src/desk/phrases'
import { followed, isWritten } from '../src/desk/writing'

const PHRASES: readonly Phrase[] = [{ id: '1', shortcut: 'xf', words: '心肺膈未见异常。', own: true }]

describe('a phrase', () => {
  test('takes the place of its shortcut at the space behind it', () => {
    expect(expanded('所见：/xf 其余', 7, PHRASES)).toEqual({ said: '所见：心肺膈未见异常。其余', caret: 11 })
    expect(expanded('/xf ', 4, PHRASES)?.said).toBe('心肺膈未见异常。')
  })

  test.each(['1/xf ', 'L4/xf ', '/xg ', '/xf', 'xf '])('is none in %s', (said) => {
    expect(expanded(said, said.length, PHRASES)).toBeNull()
  })
})

describe('the text of a form', () => {
  test.each([
    ['', '', '骨质完整。', '骨质完整。'],
    ['另见。', '', '骨质完整。', '另见。\n骨质完整。'],
    ['骨质完整。', '骨质完整。', '右侧骨折。', '右侧骨折。'],
    ['骨质完整。另见。', '骨质完整。', '右侧骨折。', '右侧骨折。另见。'],
    ['手写。', '', '', '手写。'],
    ['骨质完整。', '骨质完整。', '', ''],
  ])('%j with %j before becomes that with %j', (said, before, after, next) => {
    expect(followed(said, before, after)).toBe(next)
  })

  test('brings no impression where something was written before', () => {
    expect(isWritten({ findings: '外周带见局灶低信号', impression: '' })).toBe(true)
    expect(isWritten({ findings: '', impression: '转移瘤' })).toBe(true)
    expect(isWritten({ findings: ' \n', impression: '' })).toBe(false)
  })

  test('is never written over what somebody has changed by hand', () => {
    expect(followed('骨质不完整。', '骨质完整。', '右侧骨折。')).toBeNull()
  })
})
