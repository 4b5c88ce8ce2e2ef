import { expect, test } from 'vitest'
import { EMPTY, unfinished } from '../src/desk/content'

test('a report can be signed when findings, impression and result are there', () => {
  expect(unfinished(EMPTY)).toEqual(['findings', 'impression', 'positive'])
  expect(unfinished({ ...EMPTY, findings: ' ', impression: 'x', positive: false })).toEqual(['findings'])
  expect(unfinished({ ...EMPTY, findings: 'x', impression: 'x', positive: true })).toEqual([])
})
