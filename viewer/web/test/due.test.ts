import { describe, expect, test } from 'vitest'
import { dueFrom, signOf, urgencyOf } from '../src/due'

const NOW = new Date('2026-11-21T08:00:00Z')
const at = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000)

describe('the due time', () => {
  test.each([
    [0, { overdue: false, count: 0, unit: 'minute' }],
    [-0.5, { overdue: true, count: 0, unit: 'minute' }],
    [5.9, { overdue: false, count: 5, unit: 'minute' }],
    [89, { overdue: false, count: 89, unit: 'minute' }],
    [90, { overdue: false, count: 1, unit: 'hour' }],
    [-150, { overdue: true, count: 2, unit: 'hour' }],
    [47 * 60 + 59, { overdue: false, count: 47, unit: 'hour' }],
    [48 * 60, { overdue: false, count: 2, unit: 'day' }],
    [-3 * 24 * 60, { overdue: true, count: 3, unit: 'day' }],
  ])('%d minutes ahead reads %o', (minutes, due) => {
    expect(dueFrom(at(minutes), NOW)).toEqual({ ...due, minutes: Math.floor(Math.abs(minutes)) })
  })

  test.each([
    [-1, 'overdue', '▲'],
    [0, 'soon', '△'],
    [14.9, 'soon', '△'],
    [15, 'later', ''],
    [-26 * 60, 'overdue', '▲'],
    [26 * 60, 'later', ''],
  ])('%d minutes ahead are %s, with the sign %j', (minutes, urgency, sign) => {
    expect(urgencyOf(dueFrom(at(minutes), NOW))).toBe(urgency)
    expect(signOf(urgencyOf(dueFrom(at(minutes), NOW)))).toBe(sign)
  })
})
