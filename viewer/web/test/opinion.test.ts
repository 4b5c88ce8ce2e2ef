import { describe, expect, it } from 'vitest'
import type { Opinion } from '../src/api/report'
import { asksOpinion, lackOf, viewsIn, withResult, withView } from '../src/desk/opinion'

const recall: Opinion = { result: 'recall', right: 'recall', left: 'normal', views: [], comment: '毛刺' }

describe('an opinion', () => {
  it.each([
    ['second', null, null, true],
    ['arbitrate', null, '肺栓塞', true],
    ['read', { finality: 'at_once' }, null, true],
    ['read', { finality: 'at_once' }, '肺栓塞', false],
    ['read', null, null, false],
    ['verify', { finality: 'at_once' }, null, false],
    [undefined, { finality: 'at_once' }, null, false],
  ] as const)(
    'at the step %s of a double reading %j with the critical class %s is asked: %s',
    (step, twice, code, asked) => {
      expect(asksOpinion(step, { double_reading: twice }, { critical_class: code })).toBe(asked)
    },
  )

  it('loses with its result what belonged to it, and keeps its comment', () => {
    expect(withResult(recall, 'technical_recall')).toEqual({
      result: 'technical_recall',
      right: null,
      left: null,
      views: [],
      comment: '毛刺',
    })
    expect(withResult(null, 'normal').comment).toBe('')
  })

  it('has its views once, in order, in capitals', () => {
    const asked = withView(withView(withResult(null, 'technical_recall'), 'RCC', true), 'LMLO', true)
    expect(asked.views).toEqual(['LMLO', 'RCC'])
    expect(withView(asked, 'RCC', false).views).toEqual(['LMLO'])
    expect(viewsIn('lml， xccl rm、XCCL ')).toEqual(['LML', 'XCCL', 'RM'])
  })

  it('is signed once it says what its result needs', () => {
    expect(lackOf(null, true)).toBe('result')
    expect(lackOf(withResult(null, 'normal'), true)).toBeNull()
    expect(lackOf(recall, true)).toBeNull()
    expect(lackOf({ ...recall, right: null, left: null }, true)).toBe('side')
    expect(lackOf({ ...recall, right: null, left: null }, false)).toBeNull()
    expect(lackOf({ ...recall, right: 'normal' }, false)).toBe('side')
    expect(lackOf(withResult(null, 'technical_recall'), false)).toBe('views')
  })
})
