import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { EMPTY } from '../src/desk/draft'
import { DraftKeeper, type Save } from '../src/desk/draft-keeper'

const typed = (findings: string) => ({ ...EMPTY, findings })
const stale = () => new Problem(409, 'stale', {})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A server that keeps one draft and checks its revision. */
function keeperOf(answers: (() => Error)[] = []) {
  const saved: { content: string; revision: number }[] = []
  const refused: Problem[] = []
  let revision = 0
  const save: Save = async (content, seen) => {
    const fail = answers.shift()
    if (fail) throw fail()
    if (seen !== revision) throw stale()
    saved.push({ content: content.findings, revision: ++revision })
    return { revision, saved_at: '2026-11-21T08:00:00Z' }
  }
  const keeper = new DraftKeeper(
    { content: EMPTY, revision: 0, savedAt: null },
    save,
    () => undefined,
    (problem) => refused.push(problem),
  )
  return { keeper, saved, refused }
}

describe('the draft', () => {
  test('is saved once, a second after the last keystroke', async () => {
    const { keeper, saved } = keeperOf()
    keeper.edit(typed('a'))
    await vi.advanceTimersByTimeAsync(900)
    keeper.edit(typed('ab'))
    await vi.advanceTimersByTimeAsync(999)

    expect(saved).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(saved).toEqual([{ content: 'ab', revision: 1 }])
  })

  test('is saved before a decision, without waiting', async () => {
    const { keeper, saved } = keeperOf()
    keeper.edit(typed('a'))
    const draft = await keeper.settle()

    expect(saved).toHaveLength(1)
    expect(draft).toMatchObject({ status: 'saved', revision: 1 })
  })

  test('is sent again when the line was down', async () => {
    const { keeper, saved } = keeperOf([() => new Unreachable('no answer')])
    keeper.edit(typed('a'))
    await vi.advanceTimersByTimeAsync(1_000)

    expect(keeper.state.status).toBe('failed')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(saved).toEqual([{ content: 'a', revision: 1 }])
  })

  test('waits for a person after a conflict', async () => {
    const { keeper, saved } = keeperOf([stale])
    keeper.edit(typed('a'))
    await vi.advanceTimersByTimeAsync(60_000)

    expect(keeper.state.status).toBe('conflict')
    expect(saved).toEqual([])
    keeper.keepMine(0)
    await vi.advanceTimersByTimeAsync(0)
    expect(saved).toEqual([{ content: 'a', revision: 1 }])
  })

  test('tells of a refusal that is no conflict', async () => {
    const { keeper, refused } = keeperOf([() => new Problem(422, 'invalid', { field: 'findings' })])
    keeper.edit(typed('a'))
    await vi.advanceTimersByTimeAsync(1_000)

    expect(refused.map(({ slug }) => slug)).toEqual(['invalid'])
    keeper.stop()
  })
})
