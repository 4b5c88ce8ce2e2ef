import { describe, expect, test } from 'vitest'
import { EMPTY, afterEvent, opened, unfinished, wantsSaving, type DraftEvent, type DraftState } from '../src/desk/draft'

const typed = (findings: string) => ({ ...EMPTY, findings })
const after = (...events: DraftEvent[]): DraftState => events.reduce(afterEvent, opened(EMPTY, 0, null))

describe('a draft', () => {
  test('is unsaved once something was typed, and saved again when that was taken back', () => {
    expect(after({ kind: 'edited', content: typed('a') }).status).toBe('unsaved')
    expect(after({ kind: 'edited', content: typed('a') }, { kind: 'edited', content: EMPTY }).status).toBe('saved')
  })

  test('takes the revision and the time that the server answered', () => {
    const draft = after(
      { kind: 'edited', content: typed('a') },
      { kind: 'save_started' },
      { kind: 'save_succeeded', sent: typed('a'), revision: 1, savedAt: '2026-11-21T08:00:00Z' },
    )

    expect(draft).toMatchObject({ status: 'saved', revision: 1, savedAt: '2026-11-21T08:00:00Z' })
  })

  test('stays unsaved when more was typed while it was being saved', () => {
    const draft = after(
      { kind: 'edited', content: typed('a') },
      { kind: 'save_started' },
      { kind: 'edited', content: typed('ab') },
      { kind: 'save_succeeded', sent: typed('a'), revision: 1, savedAt: '2026-11-21T08:00:00Z' },
    )

    expect(draft.content).toEqual(typed('ab'))
    expect(wantsSaving(draft)).toBe(true)
  })

  test('keeps what was typed through a conflict, and saves nothing until a person decides', () => {
    const conflict = after(
      { kind: 'edited', content: typed('mine') },
      { kind: 'save_started' },
      { kind: 'save_conflicted' },
      { kind: 'edited', content: typed('mine too') },
    )

    expect(conflict).toMatchObject({ status: 'conflict', content: typed('mine too') })
    expect(wantsSaving(conflict)).toBe(false)
    expect(afterEvent(conflict, { kind: 'kept_mine', revision: 7 })).toMatchObject({ status: 'unsaved', revision: 7 })
  })

  test('is tried again after a failure', () => {
    expect(
      wantsSaving(after({ kind: 'edited', content: typed('a') }, { kind: 'save_started' }, { kind: 'save_failed' })),
    ).toBe(true)
  })
})

describe('a report can be signed', () => {
  test('when findings, impression and result are there', () => {
    expect(unfinished(EMPTY)).toEqual(['findings', 'impression', 'positive'])
    expect(unfinished({ ...EMPTY, findings: ' ', impression: 'x', positive: false })).toEqual(['findings'])
    expect(unfinished({ ...EMPTY, findings: 'x', impression: 'x', positive: true })).toEqual([])
  })
})
