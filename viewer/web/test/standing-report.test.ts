import { describe, expect, test } from 'vitest'
import type { Content, ReportVersion, SavedDraft } from '../src/api/report'
import { EMPTY } from '../src/desk/content'
import { draftIn, isSigned, standingIn } from '../src/desk/standing-report'

const saying = (findings: string): Content => ({ ...EMPTY, findings })
const version = (number: number, status: ReportVersion['status']): ReportVersion =>
  ({ number, status, content: saying(`${number}`) }) as ReportVersion
const VERSIONS = [version(2, 'superseded'), version(3, 'final'), version(1, 'preliminary'), version(4, 'withheld')]

describe('a report stands', () => {
  test('in its newest valid version, in whatever order they come', () => {
    expect(standingIn({ versions: VERSIONS })?.number).toBe(3)
    expect(standingIn({ versions: [version(1, 'entered_in_error')] })).toBeUndefined()
    expect(VERSIONS.map(({ number }) => number)).toEqual([2, 3, 1, 4])
  })

  test('for its writer as the draft, else as that version, else blank', () => {
    const draft = { content: saying('draft'), revision: 7, saved_at: '2026-11-21T08:00:00Z' } as SavedDraft

    expect(draftIn({ versions: VERSIONS, draft })).toEqual({
      words: saying('draft'),
      revision: 7,
      savedAt: draft.saved_at,
    })
    expect(draftIn({ versions: VERSIONS, draft: null })).toEqual({ words: saying('3'), revision: 0, savedAt: null })
    expect(draftIn({ versions: [], draft: null }).words).toEqual(EMPTY)
  })

  test('as signed in every version that ever was', () => {
    expect(isSigned({ versions: VERSIONS }, saying('2'))).toBe(true)
    expect(isSigned({ versions: VERSIONS }, saying('5'))).toBe(false)
  })
})
