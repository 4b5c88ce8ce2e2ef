import { expect, test } from 'vitest'
import type { Allowed } from '../src/api/case-detail'
import type { Step } from '../src/api/case'
import { whyRefused, type DeskPlace } from '../src/desk/key-refusals'
import type { DeskCommand } from '../src/desk/shortcuts'

type Kind = Exclude<DeskCommand['kind'], 'outcome' | 'score'>

const ALL: readonly Kind[] = ['save', 'decide', 'park', 'critical', 'findings', 'dictate', 'template', 'key', 'more', 'help'] // prettier-ignore
const OUTCOME: DeskCommand = { kind: 'outcome', outcome: 'agree' }

function at(step: Step | undefined, allowed: readonly Allowed[], places: readonly DeskPlace[], adding = false) {
  return {
    work: { step, formStep: step, allows: (act: Allowed) => allowed.includes(act), forms: { adding, agreeing: false } },
    has: (place: DeskPlace) => places.includes(place),
  }
}

const refused = (where: ReturnType<typeof at>): object =>
  Object.fromEntries(
    ALL.map((kind) => [kind, whyRefused({ kind }, where)]).filter(([, why]) => why !== undefined) as [string, string][],
  )

test('whoever reads an emergency hears why it is not put aside, and may do the rest', () => {
  const where = at('read', ['critical'], ['findings', 'template', 'dictate'])

  expect(refused(where)).toEqual({ park: 'rule.never_put_aside' })
  expect(whyRefused(OUTCOME, where)).toBe('desk.refused.no-review')
  expect(refused(at('read', ['critical', 'park'], ['findings', 'template', 'dictate']))).toEqual({})
})

test('whoever only looks hears of each act why it does nothing', () => {
  expect(refused(at(undefined, [], []))).toEqual({
    save: 'desk.refused.no-form',
    decide: 'desk.refused.nothing-to-decide',
    park: 'desk.refused.not-held',
    critical: 'desk.refused.critical',
    findings: 'desk.refused.no-form',
    dictate: 'desk.refused.no-dictation',
    template: 'desk.refused.no-template',
  })
})

test('a case that may be taken, an addendum and a review are decided', () => {
  const review = at('review', [], [])

  expect(whyRefused({ kind: 'decide' }, at(undefined, ['claim'], []))).toBeUndefined()
  expect(whyRefused({ kind: 'decide' }, at(undefined, [], [], true))).toBeUndefined()
  expect([whyRefused(OUTCOME, review), whyRefused({ kind: 'decide' }, review)]).toEqual([undefined, undefined])
})
