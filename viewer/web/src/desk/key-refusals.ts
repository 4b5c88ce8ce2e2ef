/** Why a key of the desk does nothing at its case: the one rule for all of its acts, in words that the person is told. */
import type { TextKey } from '../language'
import type { DeskCommand } from './shortcuts'
import type { Work } from './work'

/** Where a key leads, if it is on the page. */
export type DeskPlace = 'findings' | 'template' | 'dictate'

type At = {
  readonly work: Pick<Work, 'step' | 'formStep' | 'allows'> & {
    readonly forms: Pick<Work['forms'], 'adding' | 'agreeing'>
  }
  has(place: DeskPlace): boolean
}

/** Undefined where it does what it says. */
export function whyRefused({ kind }: DeskCommand, { work, has }: At): TextKey | undefined {
  const { forms, formStep, step } = work
  const isApart = forms.adding || forms.agreeing
  switch (kind) {
    case 'park':
      if (!step) return 'desk.refused.not-held'
      return work.allows('park') ? undefined : 'rule.never_put_aside'
    case 'critical':
      return work.allows('critical') ? undefined : 'desk.refused.critical'
    case 'outcome':
    case 'score':
      return step === 'review' ? undefined : 'desk.refused.no-review'
    case 'decide':
      return step || isApart || work.allows('claim') ? undefined : 'desk.refused.nothing-to-decide'
    case 'save':
      return formStep || isApart ? undefined : 'desk.refused.no-form'
    case 'findings':
      return has('findings') ? undefined : 'desk.refused.no-form'
    case 'template':
      return has('template') ? undefined : 'desk.refused.no-template'
    case 'dictate':
      return has('dictate') ? undefined : 'desk.refused.no-dictation'
    case 'key':
    case 'more':
    case 'help':
      return undefined
  }
}
