import { describe, expect, it } from 'vitest'
import type { Opinion } from '../src/api/shapes'
import { lackOf, viewsIn, withResult, withView } from '../src/desk/opinion'

const recall: Opinion = { result: 'recall', right: 'recall', left: 'normal', views: [], comment: '毛刺' }

describe('an opinion', () => {
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
    expect(lackOf(null)).toBe('result')
    expect(lackOf(withResult(null, 'normal'))).toBeNull()
    expect(lackOf(recall)).toBeNull()
    expect(lackOf({ ...recall, right: null, left: null })).toBeNull()
    expect(lackOf({ ...recall, right: 'normal' })).toBe('side')
    expect(lackOf(withResult(null, 'technical_recall'))).toBe('views')
  })
})
