import { describe, expect, test } from 'vitest'
import { afterEvent, begun, wantsSaving, type FormEvent, type FormState } from '../src/keeping/form-state'

const same = (a: string, b: string): boolean => a === b
const version = (words: string, revision: number) => ({ words, revision, savedAt: null })
const after = (...events: FormEvent<string>[]): FormState<string> =>
  events.reduce((form, event) => afterEvent(form, event, same), begun(version('', 0), true))
const edited = (words: string): FormEvent<string> => ({ kind: 'edited', words })
const met = (words: string, revision: number): FormEvent<string> => ({ kind: 'met', version: version(words, revision) })
const started: FormEvent<string> = { kind: 'save_started' }

describe('a form', () => {
  test('is unsaved once something was typed, and saved again when that was taken back', () => {
    expect(after(edited('a')).status).toBe('unsaved')
    expect(after(edited('a'), edited('')).status).toBe('saved')
  })

  test('takes the revision and the time that the server answered', () => {
    const savedAt = '2026-11-21T08:00:00Z'
    const form = after(edited('a'), started, { kind: 'save_succeeded', sent: 'a', revision: 1, savedAt })

    expect(form).toMatchObject({ status: 'saved', revision: 1, savedAt })
  })

  test('stays unsaved when more was typed while it was being saved', () => {
    const form = after(edited('a'), started, edited('ab'), {
      kind: 'save_succeeded',
      sent: 'a',
      revision: 1,
      savedAt: '',
    })

    expect(form).toMatchObject({ words: 'ab', status: 'unsaved', revision: 1 })
  })

  test('is tried again after a failure, and not while the case is out of hand', () => {
    const failed: FormEvent<string>[] = [edited('a'), started, { kind: 'save_failed' }]

    expect(wantsSaving(after(...failed))).toBe(true)
    expect(wantsSaving(after(...failed, { kind: 'let_go' }))).toBe(false)
    expect(wantsSaving(after(...failed, { kind: 'let_go' }, met('', 0)))).toBe(true)
  })
})

describe('what the server has meanwhile', () => {
  test.each<[string, FormEvent<string>[], FormEvent<string>, Partial<FormState<string>>]>([
    ['the same revision: what was typed is saved on', [edited('a')], met('', 0), { words: 'a', status: 'unsaved' }],
    ['the same words: nothing is left', [edited('a')], met('a', 3), { words: 'a', status: 'saved', revision: 3 }],
    ['others, where nothing was typed: theirs', [], met('b', 3), { words: 'b', status: 'saved', revision: 3 }],
    ['others, where something was: both', [edited('a')], met('b', 3), { words: 'a', status: 'conflict', revision: 0 }],
  ])('%s', (_, before, event, expected) => {
    expect(after(...before, event)).toMatchObject(expected)
  })

  test('is not written over before a person has chosen, and then under its revision', () => {
    const conflict = after(edited('mine'), met('theirs', 7), edited('mine too'))

    expect(conflict).toMatchObject({ status: 'conflict', words: 'mine too' })
    expect(wantsSaving(conflict)).toBe(false)
    const other = conflict.other
    if (!other) throw new Error('no conflict')
    const merged = afterEvent(conflict, { kind: 'merged', words: 'mine too theirs', other }, same)
    expect(merged).toMatchObject({ status: 'unsaved', words: 'mine too theirs', revision: 7, sent: 'theirs' })
  })

  test('of another page of the browser leaves the revision as it is', () => {
    const other = { ...version('left', 2), from: 'browser' as const }
    const offered = after(edited('mine'), { kind: 'offered', other })
    const merged = afterEvent(offered, { kind: 'merged', words: 'mine left', other }, same)

    expect(merged).toMatchObject({ status: 'unsaved', revision: 0, sent: '' })
  })
})
