import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { AWAY_AFTER_MS, LeaseKeeper, type LeaseState } from '../src/desk/lease-keeper'

const SECOND = 1_000
const MINUTE = 60 * SECOND
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-21T08:00:00Z') }))
afterEach(() => void vi.useRealTimers())

const until = () => new Date(Date.now() + 10 * MINUTE).toISOString()

/** `refusals`: what the server says to the first requests instead of renewing; the last of them stays. */
function keeperOf(...refusals: (Error | null)[]) {
  const renewals: number[] = []
  const seen: LeaseState[] = []
  const keeper = new LeaseKeeper(
    { revision: 1, expires_at: until() },
    async (revision) => {
      renewals.push(revision)
      const refusal = refusals.length > 1 ? refusals.shift() : refusals[0]
      if (refusal) throw refusal
      return { revision: revision + 1, expires_at: until() }
    },
    (lease) => seen.push(lease),
  )
  return { keeper, renewals, seen }
}

describe('a lease', () => {
  test('is renewed at once and every minute, with the revision of the time before', async () => {
    const { keeper, renewals } = keeperOf()
    await vi.advanceTimersByTimeAsync(0)
    expect(renewals).toEqual([1])

    await vi.advanceTimersByTimeAsync(2 * MINUTE)
    keeper.stop()
    expect(renewals).toEqual([1, 2, 3])
  })

  test('is renewed by whoever writes, but not at every key', async () => {
    const { keeper, renewals } = keeperOf()
    await vi.advanceTimersByTimeAsync(31 * SECOND)
    for (let key = 0; key < 20; key++) keeper.wrote()
    await vi.advanceTimersByTimeAsync(0)
    keeper.stop()

    expect(renewals).toEqual([1, 2])
  })

  test('is let go when the person has left', async () => {
    const { keeper, renewals, seen } = keeperOf()
    await vi.advanceTimersByTimeAsync(AWAY_AFTER_MS + 12 * MINUTE)

    expect(renewals).toHaveLength(1 + AWAY_AFTER_MS / MINUTE)
    expect(seen.at(-1)?.lost).toBe(true)
    keeper.stop()
  })

  test('is kept on by a person who does something', async () => {
    const { keeper, renewals } = keeperOf()
    for (let minute = 0; minute < 20; minute++) {
      keeper.active()
      await vi.advanceTimersByTimeAsync(MINUTE)
    }
    keeper.stop()

    expect(renewals).toHaveLength(21)
  })

  test('is lost when the server gave the case to somebody else', async () => {
    const { seen } = keeperOf(new Problem(409, 'stale', { expected: null }))
    await vi.advanceTimersByTimeAsync(5 * MINUTE)

    expect(seen).toHaveLength(1)
    expect(seen[0]?.lost).toBe(true)
  })

  test('goes on under the revision of another window of the same person', async () => {
    const { keeper, renewals, seen } = keeperOf(new Problem(409, 'stale', { expected: 7 }), null)
    await vi.advanceTimersByTimeAsync(0)
    keeper.stop()

    expect(renewals).toEqual([1, 7])
    expect(seen.at(-1)).toMatchObject({ revision: 8, lost: false })
  })

  test('is tried again within seconds while the line is down, and says since when', async () => {
    const { keeper, renewals, seen } = keeperOf(new Unreachable('no answer'), new Unreachable('no answer'), null)
    await vi.advanceTimersByTimeAsync(3 * SECOND)
    expect(keeper.state.downSince).toBe('2026-11-21T08:00:00.000Z')

    await vi.advanceTimersByTimeAsync(6 * SECOND)
    keeper.stop()
    expect(renewals).toHaveLength(3)
    expect(seen.at(-1)).toMatchObject({ lost: false, downSince: null })
  })

  test('is tried at once when the line is back', async () => {
    const { keeper, renewals } = keeperOf(new Unreachable('no answer'), null)
    await vi.advanceTimersByTimeAsync(100)
    keeper.retry()
    await vi.advanceTimersByTimeAsync(0)
    keeper.stop()

    expect(renewals).toHaveLength(2)
    expect(keeper.state.downSince).toBeNull()
  })
})
