import { describe, expect, it } from 'vitest'
import type { Case } from '../src/api/case'
import { cameBefore } from '../src/desk/parking'

const inHand = (id: string, priority: Case['priority'], { parked = false, critical = false } = {}): Case =>
  ({
    id,
    priority,
    critical: critical ? {} : null,
    holder: { name: 'Ada', mine: true, expires_at: '', parked },
  }) as Case

describe('what is put aside for a more urgent case', () => {
  const urgent = inHand('new', 'urgent')

  it('is the least urgent of those in hand', () => {
    const mine = [urgent, inHand('a', 'urgent'), inHand('b', 'routine')]

    expect(cameBefore(urgent, mine)?.id).toBe('b')
    expect(cameBefore(inHand('c', 'emergency'), mine.slice(0, 2))?.id).toBe('new')
  })

  it('is nothing that is as urgent, critical, aside already, or the same', () => {
    expect(cameBefore(urgent, [urgent, inHand('a', 'urgent')])).toBeUndefined()
    expect(cameBefore(urgent, [inHand('b', 'routine', { parked: true })])).toBeUndefined()
    expect(cameBefore(urgent, [inHand('b', 'routine', { critical: true })])).toBeUndefined()
    expect(cameBefore(inHand('d', 'routine'), [inHand('b', 'routine')])).toBeUndefined()
  })
})
