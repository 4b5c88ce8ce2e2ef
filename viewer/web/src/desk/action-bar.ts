/** What the person can do with the case: the decision first, the rarer things behind "more". */
import { html, nothing, type TemplateResult } from 'lit'
import type { Step } from '../api/case'
import { keys, shownKey } from '../keys/keys'
import { showKeys } from '../keys/keys-dialog'
import type { OwnSettings } from '../keeping/settings'
import { text, type TextKey } from '../language'
import type { Decisions } from './decisions'
import { failedView, leftView } from './unseen-view'
import { textSizeView } from './text-size'
import type { Viewing } from './viewing'
import type { Work } from './work'

type Bar = {
  readonly work: Work
  readonly decisions: Decisions
  readonly busy: boolean
  readonly viewing: Viewing
  readonly settings: OwnSettings
  readonly onDecide: () => void
}

const DECISION: Record<Step, TextKey> = {
  read: 'desk.sign',
  second: 'desk.sign',
  arbitrate: 'desk.arbitrate',
  verify: 'desk.verify',
  review: 'desk.review-submit',
}

export function actionBar(bar: Bar): TemplateResult {
  const { work, decisions, busy, onDecide } = bar
  const button = (key: TextKey, act: () => void, kind = ''): TemplateResult =>
    html`<button class=${kind} ?disabled=${busy} @click=${act}>${text(key)}</button>`
  const theirs = work.detail?.readings.some(({ mine }) => mine)
  const decision = work.step ? DECISION[work.step] : work.forms.adding ? 'desk.addendum' : undefined
  return html`<div class="actions">
    ${decision || work.allows('no-change') ? unseen(bar) : nothing}
    <div class="acts">
      ${decision ? button(decision, onDecide, 'primary') : nothing}
      ${!work.step && work.allows('claim') ? button('desk.claim', () => void decisions.claim(), 'primary') : nothing}
      ${work.allows('read-without') ? button('desk.read-without', () => void decisions.readWithout(), 'primary') : nothing}
      ${work.allows('finalise') ? button('desk.finalise', () => void decisions.settleReading('finalise'), 'primary') : nothing}
      ${work.allows('defer') ? button(theirs ? 'desk.defer' : 'desk.defer-for', () => void decisions.settleReading('defer')) : nothing}
      ${work.allows('no-change') && !work.forms.adding ? noChange(bar) : nothing}
      ${work.allows('dispute') && !work.forms.adding ? button('desk.dispute', () => void decisions.withReason('dispute')) : nothing}
      ${critical(bar, button)}
    </div>
    <details class="more folding">
      <summary class="button">${text('desk.more')}</summary>
      <div data-folds>${rarer(bar, button)}</div>
    </details>
  </div>`
}

/** Offered when every late image has been on the screen, as signing is. */
function noChange({ decisions, busy, viewing }: Bar): TemplateResult {
  return html`<button
    class="primary no-change"
    ?disabled=${busy || viewing.account()?.left.length !== 0}
    @click=${() => void decisions.nothingChanges()}
  >
    ${text('desk.no-change')}
  </button>`
}

/** What is left to look at before it can be decided, and what could not be shown. */
function unseen({ viewing }: Bar): TemplateResult {
  const account = viewing.account()
  if (!account) return html`<p class="soft hint">${text('desk.look-first')}</p>`
  return html`${leftView(account, viewing)} ${failedView(account, viewing)}`
}

type Button = (key: TextKey, act: () => void, kind?: string) => TemplateResult

function critical({ work, decisions }: Bar, button: Button): TemplateResult | typeof nothing {
  // What else is found is told too: the flag stays beside its withdrawal.
  return html`${work.allows('critical') ? button('desk.critical', () => void decisions.critical(), 'danger') : nothing}
  ${work.allows('withdraw-critical') ? button('desk.critical-withdraw', () => void decisions.withdrawCritical()) : nothing}`
}

function rarer({ work, decisions, settings }: Bar, button: Button): readonly (TemplateResult | typeof nothing)[] {
  const { version, forms } = work
  return [
    work.step === 'verify' ? button('desk.send-back', () => void decisions.withReason('send-back')) : nothing,
    work.step && work.allows('park') ? button('desk.park', () => void decisions.park()) : nothing,
    work.allows('put-back') ? button('desk.put-back', () => void decisions.putBack()) : nothing,
    work.allows('return') ? button('desk.return', () => void decisions.withReason('return')) : nothing,
    work.allows('escalate') ? button('desk.escalate', () => void decisions.withReason('escalate')) : nothing,
    version && work.allows('addendum') && !forms.adding
      ? button('desk.addendum', () => forms.beginAddendum(version))
      : nothing,
    forms.adding ? button('desk.discard', () => forms.discardAddendum()) : nothing,
    work.allows('withhold') ? button('desk.withhold', () => void decisions.withReason('withhold')) : nothing,
    work.allows('restore') ? button('desk.restore', () => void decisions.withReason('restore')) : nothing,
    work.allows('read-again') ? button('desk.read-again', () => void decisions.withReason('read-again')) : nothing,
    work.allows('enter-in-error')
      ? button('desk.enter-in-error', () => void decisions.withReason('enter-in-error'))
      : nothing,
    version && work.allows('print') ? pdfOf(version.id) : nothing,
    html`<a class="button" href="/questions/new/${work.caseId}" target="_blank" rel="noopener">${text('desk.ask')}</a>`,
    work.allows('teach')
      ? html`<a class="button" href="/teaching/new/${work.caseId}" target="_blank" rel="noopener"
          >${text('desk.teach')}</a
        >`
      : nothing,
    html`<button class="keys-help" @click=${() => showKeys('desk')}>
      ${text('desk.keys')} <kbd>${shownKey(keys.keyOf('help'))}</kbd>
    </button>`,
    textSizeView(settings),
  ]
}

const pdfOf = (versionId: string): TemplateResult =>
  html`<a class="button" href="/api/reports/${versionId}.pdf" target="_blank" rel="noopener">${text('desk.pdf')}</a>`
