import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Unreachable } from '../src/api/problem'
import type { CheckFinding, Content } from '../src/api/report'
import { CheckKeeper, confirmationOf, placeIn, stopping, warnings } from '../src/desk/checks'
import { EMPTY } from '../src/desk/content'

const typed = (findings: string): Content => ({ ...EMPTY, findings })
const found = (check: CheckFinding['check'], severity: CheckFinding['severity'], words = ''): CheckFinding => ({
  check,
  severity,
  part: 'findings',
  start: 0,
  end: words.length,
  words,
  critical_class: '',
})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the checks', () => {
  test('are asked once, a moment after the last keystroke', async () => {
    const asked: string[] = []
    const keeper = new CheckKeeper(
      async ({ findings }) => {
        asked.push(findings)
        return []
      },
      () => undefined,
    )
    keeper.edited(typed('a'))
    await vi.advanceTimersByTimeAsync(700)
    keeper.edited(typed('ab'))
    await vi.advanceTimersByTimeAsync(900)

    expect(asked).toEqual(['ab'])
    expect(keeper.state.status).toBe('known')
  })

  test('drop an answer that a newer question has overtaken', async () => {
    const answers: ((findings: readonly CheckFinding[]) => void)[] = []
    const keeper = new CheckKeeper(
      () => new Promise((resolve) => answers.push(resolve)),
      () => undefined,
    )
    const first = keeper.now(typed('left'))
    const second = keeper.now(typed('right'))
    answers[1]?.([])
    await second
    answers[0]?.([found('side_against_order', 'stops')])
    await first

    expect(keeper.state.findings).toEqual([])
  })

  test('say that nothing is known while the line is down', async () => {
    const keeper = new CheckKeeper(
      () => Promise.reject(new Unreachable()),
      () => undefined,
    )
    const state = await keeper.now(typed('a'))

    expect(state.status).toBe('unknown')
  })
})

test('places are counted in characters by the server and in UTF-16 units by a field', () => {
  expect(placeIn('𠀀右侧气胸', { start: 3, end: 5 })).toEqual([4, 6])
})

test('each warning is confirmed once, with all that it found', () => {
  const findings = [
    found('template_blank', 'stops', '____'),
    found('number_without_unit', 'warns', '直径5'),
    found('number_without_unit', 'warns', '厚约3'),
  ]

  expect(stopping(findings)).toHaveLength(1)
  expect(warnings(findings)).toEqual(['number_without_unit'])
  expect(confirmationOf('number_without_unit', findings)).toContain('直径5 · 厚约3')
})
