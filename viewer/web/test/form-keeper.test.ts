import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { FormKeeper, type Server } from '../src/keeping/form-keeper'
import { Shelf } from '../src/keeping/shelf'
import { Locks, written } from './browser'

const KIND = { same: (a: string, b: string): boolean => a === b }
const stale = () => new Problem(409, 'stale', {})
const BLANK = { words: '', revision: 0, savedAt: null }

let locks: Locks
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  globalThis.indexedDB = new IDBFactory()
  locks = new Locks()
})
afterEach(() => void vi.useRealTimers())

/** A page with a form of one case, and a server that keeps one draft of it and checks its revision. */
function pageOf({ answers = [] as (() => Error)[], server = undefined as Server<string> | null | undefined } = {}) {
  const { locks: own, kill } = locks.ofPage()
  const shelf = new Shelf('ada', own)
  const saved: { words: string; revision: number }[] = []
  const refused: string[] = []
  const restored: string[] = []
  let revision = 0
  const ours: Server<string> = {
    save: async (words, seen) => {
      const fail = answers.shift()
      if (fail) throw fail()
      if (seen !== revision) throw stale()
      saved.push({ words, revision: ++revision })
      return { revision, saved_at: '2026-11-21T08:00:00Z' }
    },
    look: async () => ({ words: saved.at(-1)?.words ?? '', revision, savedAt: null }),
  }
  const keeper = new FormKeeper(
    KIND,
    shelf,
    { caseId: 'C1', form: 'report/read' },
    BLANK,
    {
      onChange: () => undefined,
      onRefused: ({ slug }) => refused.push(slug),
      onRestored: (at) => restored.push(at),
    },
    server === null ? undefined : (server ?? ours),
  )
  return { keeper, shelf, saved, refused, restored, kill }
}

describe('on the server a form', () => {
  test('is saved once, a second after the last keystroke', async () => {
    const { keeper, saved } = pageOf()
    keeper.edit('a')
    await vi.advanceTimersByTimeAsync(900)
    keeper.edit('ab')
    await vi.advanceTimersByTimeAsync(999)

    expect(saved).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(saved).toEqual([{ words: 'ab', revision: 1 }])
  })

  test('is saved before a decision, without waiting', async () => {
    const { keeper, saved } = pageOf()
    keeper.edit('a')
    const form = await keeper.settle()

    expect(saved).toHaveLength(1)
    expect(form).toMatchObject({ status: 'saved', revision: 1 })
  })

  test('is sent again seconds after the line was down, and says since when it was', async () => {
    const { keeper, saved } = pageOf({ answers: [() => new Unreachable('no answer')] })
    keeper.edit('a')
    await vi.advanceTimersByTimeAsync(1_000)

    expect(keeper.state.status).toBe('failed')
    expect(keeper.downSince).not.toBeNull()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(saved).toEqual([{ words: 'a', revision: 1 }])
    expect(keeper.downSince).toBeNull()
  })

  test('goes on by itself when only the lease had changed, in another window', async () => {
    const { keeper, saved } = pageOf({ answers: [stale] })
    keeper.edit('a')
    await vi.advanceTimersByTimeAsync(4_000)

    expect(saved).toEqual([{ words: 'a', revision: 1 }])
  })

  test('waits for a person when another text stands there', async () => {
    const look = () => Promise.resolve({ words: 'theirs', revision: 7, savedAt: null })
    const sent: [string, number][] = []
    const save = async (words: string, revision: number) => {
      sent.push([words, revision])
      if (revision !== 7) throw stale()
      return { revision: 8, saved_at: '' }
    }
    const { keeper } = pageOf({ server: { save, look } })
    keeper.edit('mine')
    await vi.advanceTimersByTimeAsync(60_000)

    expect(keeper.state).toMatchObject({
      status: 'conflict',
      words: 'mine',
      other: { words: 'theirs', from: 'server' },
    })
    expect(sent).toEqual([['mine', 0]])
    if (keeper.state.other) keeper.merge('mine and theirs', keeper.state.other)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.at(-1)).toEqual(['mine and theirs', 7])
    expect(keeper.state.status).toBe('saved')
  })

  test('is refused once aloud, however often it is tried', async () => {
    const invalid = () => new Problem(422, 'invalid', { field: 'findings' })
    const { keeper, refused } = pageOf({ answers: [invalid, invalid, invalid] })
    keeper.edit('a')
    await vi.advanceTimersByTimeAsync(10_000)

    expect(refused).toEqual(['invalid'])
  })
})

describe('in the browser a form', () => {
  test('lies at once, until the server has it', async () => {
    const { keeper, shelf } = pageOf()
    keeper.edit('a')
    await written()

    expect(await shelf.count()).toBe(1)
    await keeper.settle()
    await written()
    expect(await shelf.count()).toBe(0)
  })

  test('is there again after the page was killed, with word of it', async () => {
    const before = pageOf({ server: null })
    before.keeper.edit('a')
    await written()
    before.kill()

    const { keeper, shelf, restored } = pageOf({ server: null })
    keeper.offer(await shelf.left('C1'))
    await written()
    expect(keeper.state.words).toBe('a')
    expect(restored).toHaveLength(1)
    expect(await shelf.count()).toBe(1)
  })

  test('of a page that stands open is offered to no other', async () => {
    pageOf({ server: null }).keeper.edit('a')
    await written()

    expect(await pageOf().shelf.left('C1')).toEqual([])
  })

  test('of two pages that are gone is put side by side, and neither is written over', async () => {
    for (const words of ['a', 'b']) {
      const page = pageOf({ server: null })
      page.keeper.edit(words)
      await written()
      page.kill()
      await vi.advanceTimersByTimeAsync(1_000)
    }
    const { keeper, shelf } = pageOf({ server: null })
    keeper.offer(await shelf.left('C1'))
    await written()

    expect(keeper.state).toMatchObject({ words: 'a', status: 'conflict', other: { words: 'b', from: 'browser' } })
    expect(await shelf.count()).toBe(2)
    if (keeper.state.other) keeper.merge('a b', keeper.state.other)
    await written()
    expect([await shelf.count(), keeper.state.words]).toEqual([1, 'a b'])
  })

  test('is gone when it was sent, and when its person signs out; others keep theirs', async () => {
    const { keeper, shelf } = pageOf({ server: null })
    const bens = new Shelf('ben', locks.ofPage().locks)
    bens.slot('C1', 'report/read').keep('of Ben', 0)
    keeper.edit('a')
    await written()
    keeper.done()
    await written()

    expect(await shelf.count()).toBe(0)
    pageOf({ server: null }).keeper.edit('b')
    await written()
    await shelf.clear()
    expect([await shelf.count(), await bens.count()]).toEqual([0, 1])
  })

  test('is forgotten after two weeks', async () => {
    const { keeper, kill } = pageOf({ server: null })
    keeper.edit('a')
    await written()
    kill()
    await vi.advanceTimersByTimeAsync(15 * 24 * 3600 * 1000)
    const { shelf } = pageOf()
    await written()

    expect(await shelf.count()).toBe(0)
  })
})
