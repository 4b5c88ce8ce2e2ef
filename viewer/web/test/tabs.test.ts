import { describe, expect, test } from 'vitest'
import type { Session } from '../src/api/session'
import { tabsFor, takesCases } from '../src/worklist/tabs'

describe('the tabs', () => {
  const session = (...roles: string[]) => ({ grants: roles.map((role) => ({ role })) }) as unknown as Session

  test('are those of the roles that somebody has', () => {
    expect(tabsFor(session('reader')).map(({ name }) => name)).toEqual(['read', 'second', 'late', 'mine', 'all'])
    expect(tabsFor(session('reviewer')).map(({ name }) => name)).toEqual([
      'before_release',
      'sampled',
      'escalated',
      'disputed',
      'arbitration',
      'mine',
      'all',
    ])
    expect(tabsFor(session('quality_manager')).map(({ name }) => name)).toEqual(['all'])
  })

  test('offer the next case to those who read, verify or review', () => {
    expect(takesCases(session('verifier'))).toBe(true)
    expect(takesCases(session('technician', 'clinician'))).toBe(false)
  })
})
