/** What the person can do with the case: the decision first, then whatever else it allows. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Step } from '../api/case'
import type { Allowed, CaseDetail } from '../api/case-detail'
import type { BlindReading } from '../api/report'
import type { OwnSettings } from '../keeping/settings'
import { text, type TextKey } from '../language'
import type { Decisions } from './decisions'
import { furtherActs } from './further-acts'
import { failedView, leftView } from './unseen-view'
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
  const decision = work.step ? DECISION[work.step] : apartOf(work)
  const offered = offeredBy(work.detail)
  const allows = (action: Allowed): boolean => work.allows(action)
  const first = [
    decision ? button(decision, onDecide, 'primary') : nothing,
    !work.step && allows('claim') ? button('desk.claim', () => void decisions.claim(), 'primary') : nothing,
    allows('read-without') ? button('desk.read-without', () => void decisions.readWithout(), 'primary') : nothing,
    allows('finalise') ? button('desk.finalise', () => void decisions.settleReading('finalise'), 'primary') : nothing,
    allows('defer')
      ? button(theirs ? 'desk.defer' : 'desk.defer-for', () => void decisions.settleReading('defer'))
      : nothing,
    allows('accord') && offered && !work.forms.agreeing
      ? button(offered.proposed ? 'desk.accord-common' : 'desk.accord', () => void decisions.accord(offered), 'primary')
      : nothing,
    allows('dissent') ? button('desk.dissent', () => void decisions.dissent()) : nothing,
    allows('no-change') && !work.forms.adding ? noChange(bar) : nothing,
    allows('dispute') && !work.forms.adding
      ? button('desk.dispute', () => void decisions.withReason('dispute'))
      : nothing,
    allows('critical') ? button('desk.critical', () => void decisions.critical(), 'danger') : nothing,
  ].filter((each) => each !== nothing)
  return html`<div class="actions">
    ${(decision && !work.forms.agreeing) || allows('no-change') ? unseen(bar) : nothing}
    ${first.length > 0 ? html`<div class="acts">${first}</div>` : nothing}
    ${furtherActs({ ...bar, alone: first.length === 0 })}
  </div>`
}

const apartOf = ({ forms }: Work): TextKey | undefined =>
  forms.agreeing ? 'desk.propose' : forms.adding ? 'desk.addendum' : undefined

/** What the other one of two who confer wrote last: the text for both, else their reading. */
const offeredBy = (detail: CaseDetail | undefined): BlindReading | undefined =>
  (detail?.readings ?? []).filter(({ mine, withdrawn }) => !mine && !withdrawn).at(-1)

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
