import { expect, test } from 'vitest'
import type { CheckFinding, Content } from '../src/api/report'
import { EMPTY } from '../src/desk/content'
import { proposalIn } from '../src/desk/critical-proposal'

const found = (part: 'findings' | 'impression', said: string, words: string, critical_class: string): CheckFinding => {
  const start = [...said.slice(0, said.indexOf(words))].length
  return {
    ...{ check: 'critical_words_without_flag', severity: 'warns', part, words, critical_class },
    ...{ start, end: start + [...words].length },
  }
}

test.each<readonly [string, string, string, string]>([
  ['右侧气胸。心影不大。', '气胸', 'pneumothorax', '右侧气胸'],
  ['1. 肋骨骨折\n2. 左侧张力性气胸，纵隔右移', '张力性气胸', 'tension_pneumothorax', '左侧张力性气胸，纵隔右移'],
  [
    '𠮷 No fracture. Right pneumothorax of 2.5 cm. Stable.',
    'pneumothorax',
    'pneumothorax',
    'Right pneumothorax of 2.5 cm',
  ],
])('%s proposes its class with the sentence that says it', (impression, words, code, finding) => {
  const content: Content = { ...EMPTY, impression }
  const findings = [{ ...found('impression', impression, words, ''), check: 'priors_unknown' } as const]
  const named = found('impression', impression, words, code)

  expect(proposalIn([...findings, named], content, ['stroke', code])).toEqual({ criticalClass: code, finding, words })
  expect(proposalIn([...findings, named], content, ['stroke'])).toBeUndefined()
  expect(proposalIn(findings, content, [code, ''])).toBeUndefined()
})
