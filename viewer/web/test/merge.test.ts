import { expect, test } from 'vitest'
import { EMPTY } from '../src/desk/content'
import { REPORT_FIELDS, WORDS } from '../src/desk/forms'
import { differing, joined, merged, proposed } from '../src/keeping/merge'

const base = { ...EMPTY, findings: 'F' }
const mine = { ...base, findings: 'F mine', impression: 'I' }
const theirs = { ...base, findings: 'F theirs', positive: true, recommendation: 'R' }

test('the fields that differ are offered, each with what its only writer wrote', () => {
  const open = differing(REPORT_FIELDS, mine, theirs)

  expect(open.map((field) => [field.name, proposed(field, base, mine, theirs)])).toEqual([
    ['findings', 'mine'],
    ['impression', 'mine'],
    ['positive', 'theirs'],
    ['recommendation', 'theirs'],
  ])
})

test('each field is taken from the side that was chosen, or from both', () => {
  const choices = { findings: 'both', impression: 'theirs', positive: 'theirs', recommendation: 'mine' }

  expect(merged(REPORT_FIELDS, mine, theirs, choices)).toEqual({
    ...base,
    findings: 'F mine\nF theirs',
    impression: '',
    positive: true,
    recommendation: '',
  })
})

test('words of two pages stand under one another, each once', () => {
  expect([joined('a', 'a b'), joined('a b', 'b'), joined('a', 'c')]).toEqual(['a b', 'a b', 'a\nc'])
  expect(WORDS.join?.({ why: 'one' }, { why: 'two', class: 'x' })).toEqual({ why: 'one\ntwo', class: 'x' })
})
