import { describe, expect, test } from 'vitest'
import { NOT_JUDGED, missingOf, withOutcome, withScore } from '../src/desk/judgement'

describe('a judgement', () => {
  test('lacks an outcome, then a score, then words where the report was not agreed to', () => {
    expect(missingOf(NOT_JUDGED)).toBe('outcome')
    expect(missingOf({ outcome: 'agree', score: '', comment: '' })).toBe('score')
    expect(missingOf({ outcome: 'agree', score: '1', comment: '' })).toBeNull()
    expect(missingOf({ outcome: 'amend', score: '2b', comment: ' ' })).toBe('comment')
    expect(missingOf({ outcome: 'send_back', score: '3a', comment: 'effusion' })).toBeNull()
  })

  test('that agrees is score 1, and one that corrects never is', () => {
    const agreed = withOutcome({ ...NOT_JUDGED, comment: 'good' }, 'agree')

    expect(agreed).toEqual({ outcome: 'agree', score: '1', comment: 'good' })
    expect(withOutcome(agreed, 'amend')).toEqual({ outcome: 'amend', score: '', comment: 'good' })
    expect(withOutcome({ ...agreed, score: '2b' }, 'send_back').score).toBe('2b')
  })

  test('agrees no more once it has the score of a miss', () => {
    const agreed = withOutcome(NOT_JUDGED, 'agree')

    expect(withScore(agreed, '2a')).toEqual({ outcome: null, score: '2a', comment: '' })
    expect(withScore(agreed, '1')).toEqual(agreed)
    expect(withScore({ ...agreed, outcome: 'amend' }, '1').outcome).toBe('amend')
  })
})
