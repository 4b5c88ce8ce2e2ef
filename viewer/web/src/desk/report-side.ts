/** The report's side of the desk: what must not be overlooked, what was asked, the report, and what can be done. */
import { html, type TemplateResult } from 'lit'
import type { Prior } from '../api/case-detail'
import type { OwnSettings } from '../keeping/settings'
import { actionBar } from './action-bar'
import { banners } from './case-header'
import { consultationsView } from './consultations-view'
import { correspondenceView } from './correspondence-view'
import type { Decisions } from './decisions'
import { leftView } from './left-view'
import type { MarkPlaces } from './mark-places'
import { lineView } from './no-line'
import { priorsView } from './priors'
import { reportPane } from './report-pane'
import { requestView } from './request-view'
import type { Viewing } from './viewing'
import type { Work } from './work'

type Side = {
  readonly work: Work
  readonly decisions: Decisions
  readonly places: MarkPlaces
  readonly viewing: Viewing
  readonly settings: OwnSettings
  /** The earlier examination that is open. */
  readonly prior: Prior | undefined
  /** Whether missing fields are marked. */
  readonly pointOut: boolean
  /** Why the picture on the screen cannot be a key image; undefined where it can. */
  readonly noKey: string | undefined
  /** A decision is on its way. */
  readonly busy: boolean
  readonly onPrior: (prior: Prior) => void
  readonly onDecide: () => void
}

export function reportSide(side: Side): TemplateResult {
  const { work, decisions, places } = side
  const { detail, forms } = work
  if (!detail) throw new TypeError('a case that is not there has no report')
  const told = {
    leaseLost: work.lease?.lost === true || (work.formStep !== undefined && work.step === undefined),
    imagesChanged: work.imagesChanged,
    raised: work.raised,
  }
  const act = {
    takeAgain: () => void decisions.claim(),
    lookAgain: () => work.showNewImages(),
    takeFollowUp: () => void decisions.takeFollowUp(),
  }
  return html`${banners(detail, told, act)} ${lineView(work)}
  ${leftView(forms.left, work.allows('claim'), (copy) => void forms.discardLeft(copy))} ${requestView(detail)}
  ${correspondenceView(detail)} ${priorsView(detail.priors, side.prior, side.onPrior)} ${consultationsView(detail)}
  ${reportPane({ work, places, pointOut: side.pointOut, noKey: side.noKey })} ${actionBar(side)}`
}
