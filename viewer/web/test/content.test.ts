import { expect, test } from 'vitest'
import type { Mark } from '../src/api/marks'
import { EMPTY, sameContent, unfinished } from '../src/desk/content'

const KEY: Mark = {
  id: '00000000-0000-4000-8000-000000000001',
  kind: 'key',
  study_uid: '1.1',
  series_uid: '1.1.1',
  instance_uid: '1.1.1.1',
  frame: 1,
  points: [],
  values: [],
  text: '',
}

test('a report says the same when its marks do, whatever the order of their members', () => {
  const { id, ...others } = KEY
  expect(sameContent({ ...EMPTY, marks: [KEY] }, { ...EMPTY, marks: [{ ...others, id }] })).toBe(true)
  expect(sameContent({ ...EMPTY, marks: [] }, EMPTY)).toBe(true)
  expect(sameContent({ ...EMPTY, marks: [KEY] }, EMPTY)).toBe(false)
  expect(sameContent({ ...EMPTY, marks: [KEY] }, { ...EMPTY, marks: [{ ...KEY, frame: 2 }] })).toBe(false)
})

test('a report can be signed when findings, impression and result are there', () => {
  expect(unfinished(EMPTY)).toEqual(['findings', 'impression', 'positive'])
  expect(unfinished({ ...EMPTY, findings: ' ', impression: 'x', positive: false })).toEqual(['findings'])
  expect(unfinished({ ...EMPTY, findings: 'x', impression: 'x', positive: true })).toEqual([])
})
