/** What else can be done with a case, each with what it does: in one place, whatever its state. */
import { html, nothing, type TemplateResult } from 'lit'
import { keys, shownKey } from '../keys/keys'
import { showKeys } from '../keys/keys-dialog'
import type { OwnSettings } from '../keeping/settings'
import { text, type TextKey } from '../language'
import type { Decisions } from './decisions'
import { textSizeView } from './text-size'
import type { Work } from './work'

/** What it is called and what it does; a page of its own, or something that is done here. */
type Act = { readonly words: TextKey; readonly means: TextKey } & (
  { readonly act: () => void } | { readonly address: string }
)

type Hand = {
  readonly work: Work
  readonly decisions: Decisions
  readonly settings: OwnSettings
  readonly busy: boolean
  /** Nothing else stands in the bar: they stand there themselves. */
  readonly alone: boolean
}

const WITH_A_REASON = ['return', 'escalate', 'withhold', 'restore', 'read-again', 'enter-in-error'] as const

export function furtherActs(hand: Hand): TemplateResult {
  const { alone, settings, work } = hand
  const acts = actsOf(hand).map((each) => actView(each, hand.busy))
  const beside = alone && acts.length > 0
  const count = beside ? 0 : acts.length
  return html`${beside ? html`<div class="further" role="group" aria-label=${text('desk.may')}>${acts}</div>` : nothing}
    <details class="more folding">
      <summary class="button">
        ${text(count > 0 ? 'desk.may' : 'desk.more')}${count > 0 ? html` <span class="count">${count}</span>` : nothing}
      </summary>
      <div data-folds>
        ${count > 0 ? html`<div class="further" role="group" aria-label=${text('desk.may')}>${acts}</div>` : nothing}
        ${tools(work, settings)}
      </div>
    </details>`
}

function actsOf({ work, decisions }: Hand): readonly Act[] {
  const { version, forms, step } = work
  const act = (name: 'send-back' | 'park' | 'put-back' | (typeof WITH_A_REASON)[number], run: () => void): Act => ({
    ...{ words: `desk.${name}`, means: `desk.${name}-means`, act: run },
  })
  const withReason = WITH_A_REASON.filter((name) => work.allows(name))
  return [
    ...(step && work.allows('park') ? [act('park', () => void decisions.park())] : []),
    ...(work.allows('put-back') ? [act('put-back', () => void decisions.putBack())] : []),
    ...(step === 'verify' ? [act('send-back', () => void decisions.withReason('send-back'))] : []),
    ...(version && work.allows('addendum') && !forms.adding
      ? [{ ...ADDENDUM, act: (): void => forms.beginAddendum(version) }]
      : []),
    // What else is found is told from the bar: the flag stays there beside its withdrawal here.
    ...(work.allows('withdraw-critical') ? [{ ...WITHDRAW, act: (): void => void decisions.withdrawCritical() }] : []),
    ...(forms.adding ? [{ ...DISCARD, act: (): void => forms.discardApart() }] : []),
    ...(forms.agreeing ? [{ ...DISCARD_COMMON, act: (): void => forms.discardApart() }] : []),
    ...withReason.map((name) => act(name, () => void decisions.withReason(name))),
    ...(work.allows('consult') ? [{ ...CONSULT, address: `/consultations/new/${work.caseId}` }] : []),
    ...(work.allows('refer') ? [{ ...REFER, address: `/referrals/new/${work.caseId}` }] : []),
  ]
}

const ADDENDUM = { words: 'desk.addendum', means: 'desk.addendum-means' } as const
const WITHDRAW = { words: 'desk.critical-withdraw', means: 'desk.critical-withdraw-means' } as const
const DISCARD = { words: 'desk.discard', means: 'desk.discard-means' } as const
const DISCARD_COMMON = { words: 'desk.discard', means: 'desk.common-discard-means' } as const

const CONSULT = { words: 'desk.consult', means: 'desk.consult-means' } as const
const REFER = { words: 'referral.new', means: 'desk.refer-means' } as const

function actView(act: Act, busy: boolean): TemplateResult {
  const words = html`<span>${text(act.words)}</span><small>${text(act.means)}</small>`
  return 'address' in act
    ? html`<a class="button act" href=${act.address}>${words}</a>`
    : html`<button class="act" ?disabled=${busy} @click=${act.act}>${words}</button>`
}

/** What changes nothing in the case. */
function tools(work: Work, settings: OwnSettings): TemplateResult {
  const { version } = work
  const way = (address: string, words: TextKey): TemplateResult =>
    html`<a class="button" href=${address} target="_blank" rel="noopener">${text(words)}</a>`
  return html`${version && work.allows('print') ? way(`/api/reports/${version.id}.pdf`, 'desk.pdf') : nothing}
    ${way(`/questions/new/${work.caseId}`, 'desk.ask')}
    ${work.allows('teach') ? way(`/teaching/new/${work.caseId}`, 'desk.teach') : nothing}
    <button class="keys-help" @click=${() => showKeys('desk')}>
      ${text('desk.keys')} <kbd>${shownKey(keys.keyOf('help'))}</kbd>
    </button>
    ${textSizeView(settings)}`
}
