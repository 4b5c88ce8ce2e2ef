import { describe, expect, test } from 'vitest'
import { AS_SHIPPED, COLUMNS, arrangementOf, moved, placed, shown, toggled } from '../src/worklist/columns'

describe('the columns', () => {
  test('are moved past the next one that is seen, and not over the edge', () => {
    const hidden = { order: COLUMNS, hidden: ['patient', 'arrival'] } as const

    expect(shown(moved(hidden, 'due', 1)).slice(0, 3)).toEqual(['examination', 'due', 'site'])
    expect(shown(moved(hidden, 'examination', -1)).slice(0, 2)).toEqual(['examination', 'due'])
    expect(moved(hidden, 'due', -1)).toBe(hidden)
    expect(moved(hidden, 'holder', 1)).toBe(hidden)
    expect(moved(hidden, 'arrival', 1)).toBe(hidden)
  })

  test('are dropped in the place of another one, from either side', () => {
    expect(placed(AS_SHIPPED, 'holder', 'due').order.slice(0, 2)).toEqual(['holder', 'due'])
    expect(placed(AS_SHIPPED, 'due', 'holder').order.slice(-2)).toEqual(['holder', 'due'])
    expect(placed(AS_SHIPPED, 'due', 'due').order).toEqual(COLUMNS)
  })

  test('are hidden and shown again, but the patient stays', () => {
    const without = toggled(AS_SHIPPED, 'site')

    expect(shown(without)).not.toContain('site')
    expect(toggled(without, 'site')).toEqual(AS_SHIPPED)
    expect(toggled(AS_SHIPPED, 'patient')).toEqual(AS_SHIPPED)
  })

  test.each([[undefined], [{}], [{ order: 'due' }], [{ order: ['nothing'] }]])('%j is as shipped', (kept) => {
    expect(arrangementOf(kept)).toEqual(AS_SHIPPED)
  })

  test('that came since stand behind what was kept', () => {
    const kept = arrangementOf({ order: ['state', 'patient', 'gone', 'due'], hidden: ['patient', 'due'] })

    expect(kept.order.slice(0, 4)).toEqual(['state', 'patient', 'due', 'examination'])
    expect(kept.hidden).toEqual(['due'])
    expect(new Set(kept.order)).toEqual(new Set(COLUMNS))
  })
})
