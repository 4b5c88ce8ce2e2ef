import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { AWAY_AFTER_MS, LeaseKeeper, type LeaseState } from '../src/desk/lease-keeper'

const MINUTE = 60_000
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-21T08:00:00Z') }))
afterEach(() => void vi.useRealTimers())

function keeperOf(refusal?: () => Error) {
  const renewals: number[] = []
  const seen: LeaseState[] = []
  const keeper = new LeaseKeeper(
    { revision: 1, expires_at: new Date(Date.now() + 10 * MINUTE).toISOString() },
    async (revision) => {
      if (refusal) throw refusal()
      renewals.push(revision)
      return { revision: revision + 1, expires_at: new Date(Date.now() + 10 * MINUTE).toISOString() }
    },
    (lease) => seen.push(lease),
  )
  return { keeper, renewals, seen }
}

describe('a lease', () => {
  test('is renewed every minute, with the revision of the time before', async () => {
    const { keeper, renewals } = keeperOf()
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    keeper.stop()

    expect(renewals).toEqual([1, 2, 3])
  })

  test('is let go when the person has left', async () => {
    const { keeper, renewals, seen } = keeperOf()
    await vi.advanceTimersByTimeAsync(AWAY_AFTER_MS + 12 * MINUTE)

    expect(renewals).toHaveLength(AWAY_AFTER_MS / MINUTE)
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

    expect(renewals).toHaveLength(20)
  })

  test('is lost when the server gave the case to somebody else', async () => {
    const { seen } = keeperOf(() => new Problem(409, 'stale', {}))
    await vi.advanceTimersByTimeAsync(5 * MINUTE)

    expect(seen).toHaveLength(1)
    expect(seen[0]?.lost).toBe(true)
  })

  test('survives a line that is down for a while', async () => {
    const { keeper, seen } = keeperOf(() => new Unreachable('no answer'))
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    keeper.stop()

    expect(seen).toEqual([])
  })
})
