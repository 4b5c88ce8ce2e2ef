import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tagged } from '../src/api/client'
import { Unreachable } from '../src/api/problem'
import type { Case } from '../src/api/case'
import type { CasePage } from '../src/api/worklist'
import { ListFeed } from '../src/worklist/list-feed'
import { Pulse } from '../src/worklist/pulse'

const item = (id: string, state = 'waiting_read') => ({ id, state, site: { code: 'hills', name: 'Hills' } }) as Case

const page = (...items: readonly Case[]): Tagged<CasePage> => ({
  tag: items.map(({ id, state }) => `${id}${state}`).join(),
  answer: { items, total: items.length, more: false, page: 1, size: 50, counts: {}, parked: [], on_duty: [] },
})

describe('a list that somebody reads', () => {
  let calm = false
  let answer: Tagged<CasePage> | undefined | Error = page(item('A'), item('B'))
  const fetch = (known: string): Promise<Tagged<CasePage> | undefined> => {
    if (answer instanceof Error) return Promise.reject(answer)
    return Promise.resolve(answer?.tag === known ? undefined : answer)
  }
  const feed = (): ListFeed => new ListFeed({ fetch, isCalm: () => calm, changed: () => undefined })
  const ids = ({ rows }: ListFeed) => rows.map(({ item: { id }, gone }) => (gone ? `-${id}` : id))

  beforeEach(() => {
    calm = false
    answer = page(item('A'), item('B'))
  })

  test('keeps its rows where they are, tells what is new, and shows it when it is asked for', async () => {
    const list = feed()
    await list.refresh('asked')
    answer = page(item('NEW'), item('B', 'reading'))
    await list.refresh('by itself')

    expect(ids(list)).toEqual(['-A', 'B'])
    expect(list.rows[1]?.item.state).toBe('reading')
    expect(list.fresh).toBe(1)

    list.showNewer()
    expect(ids(list)).toEqual(['NEW', 'B'])
    expect([list.fresh, list.newer]).toEqual([0, undefined])
  })

  test('is the new one at once for whoever reads none of its rows, or as soon as they do not', async () => {
    const list = feed()
    await list.refresh('asked')
    answer = page(item('NEW'))
    await list.refresh('by itself')
    expect(ids(list)).toEqual(['-A', '-B'])

    calm = true
    await list.refresh('by itself')
    expect(ids(list)).toEqual(['NEW'])
  })

  test('goes back to the rows that it had without having told anything', async () => {
    const list = feed()
    await list.refresh('asked')
    answer = page(item('B', 'reading'), item('A'))
    await list.refresh('by itself')
    expect([ids(list), list.fresh, list.newer !== undefined]).toEqual([['A', 'B'], 0, true])

    answer = page(item('A'), item('B'))
    await list.refresh('by itself')
    expect([ids(list), list.newer]).toEqual([['A', 'B'], undefined])
  })

  test('stays on the screen while the line is down, and says so', async () => {
    const list = feed()
    await list.refresh('asked')
    answer = new Unreachable('no answer')
    await list.refresh('by itself')

    expect(ids(list)).toEqual(['A', 'B'])
    expect(list.failure).toBeTruthy()
  })

  test('is another one at once where the pulse asks for it before whoever still types', async () => {
    const list = feed()
    await list.refresh('asked')
    list.forget()
    answer = page(item('SOUGHT'))
    await list.refresh('by itself')
    await list.refresh('asked')

    expect([ids(list), list.newer]).toEqual([['SOUGHT'], undefined])
  })

  test('takes no answer to a question about another list', async () => {
    const list = feed()
    const late = list.refresh('asked')
    list.forget()
    await late

    expect(list.cases).toBeUndefined()
  })
})

describe('the pulse', () => {
  let word = 'a'
  let refreshed = 0
  const pulse = new Pulse({
    pulse: () => (word ? Promise.resolve(word) : Promise.reject(new Unreachable('no answer'))),
    refresh: () => Promise.resolve(void refreshed++),
  })

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('document', { hidden: false, addEventListener: vi.fn(), removeEventListener: vi.fn() })
    refreshed = 0
    word = 'a'
    pulse.start()
  })
  afterEach(() => {
    pulse.stop()
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  test('asks for the list when it is another word, and twice a minute besides', async () => {
    await vi.advanceTimersByTimeAsync(5_000)
    expect(refreshed).toBe(1) // the list may have been older than the first word
    await vi.advanceTimersByTimeAsync(15_000)
    expect(refreshed).toBe(1)
    word = 'b'
    await vi.advanceTimersByTimeAsync(5_000)
    expect(refreshed).toBe(2)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(refreshed).toBe(3)
  })

  test('lets the list say what is wrong, and asks nothing once it has stopped', async () => {
    await vi.advanceTimersByTimeAsync(5_000)
    word = ''
    await vi.advanceTimersByTimeAsync(5_000)
    expect(refreshed).toBe(2)
    pulse.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(refreshed).toBe(2)
  })
})
