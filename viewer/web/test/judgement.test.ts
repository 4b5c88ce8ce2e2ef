import { describe, expect, test } from 'vitest'
import { NOT_JUDGED, missingOf } from '../src/desk/judgement'

describe('a judgement', () => {
  test('lacks an outcome, then a score, then words where the report was not agreed to', () => {
    expect(missingOf(NOT_JUDGED)).toBe('outcome')
    expect(missingOf({ outcome: 'agree', score: '', comment: '' })).toBe('score')
    expect(missingOf({ outcome: 'agree', score: '1', comment: '' })).toBeNull()
    expect(missingOf({ outcome: 'amend', score: '2b', comment: ' ' })).toBe('comment')
    expect(missingOf({ outcome: 'send_back', score: '3a', comment: 'effusion' })).toBeNull()
  })
})
