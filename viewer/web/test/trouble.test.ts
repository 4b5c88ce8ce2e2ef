import { expect, test } from 'vitest'
import zh from '../../locale/zh.json'
import { Problem } from '../src/api/problem'
import { wordsFor } from '../src/shell/trouble'

test.each([
  ['not-allowed', { rule: 'skills_are_asked_for' }, zh['rule.skills_are_asked_for']],
  ['invalid', { field: 'read_back', problem: 'required' }, zh['invalid.read_back.required']],
] as const)('a %s says exactly what was wrong, and shows no code', (slug, fields, sentence) => {
  const words = wordsFor(new Problem(403, slug, fields))

  expect(words).toContain(sentence)
  expect(words).not.toContain('[')
})

test('what no sentence is known for is named by its code', () => {
  expect(wordsFor(new Problem(403, 'not-allowed', { rule: 'a_rule_of_tomorrow' }))).toContain('[a_rule_of_tomorrow]')
})
