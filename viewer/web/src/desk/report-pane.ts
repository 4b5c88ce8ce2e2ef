/** The report at the desk, as the person's step asks for it: to be written, verified, reviewed or only read. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import { text } from '../language'
import type { CaseForms } from './case-forms'
import type { MarkPlaces } from './mark-places'
import { conclusionsView } from './consultations-view'
import { marksForm } from './marks-view'
import './report-form'
import { marksChange } from './changes-view'
import {
  confirmationsView,
  differenceView,
  notSeenBefore,
  reviewsView,
  signedView,
  versionName,
  versionView,
} from './report-view'
import { readingsView } from './readings-view'
import './review-form'
import type { Work } from './work'

type Pane = {
  readonly work: Work
  readonly places: MarkPlaces
  /** Whether missing fields are marked. */
  readonly pointOut: boolean
  /** Why the picture on the screen cannot be a key image; undefined where it can. */
  readonly noKey: string | undefined
}

export function reportPane(pane: Pane): TemplateResult | typeof nothing {
  const { work, places, pointOut, noKey } = pane
  const { formStep: step, version, detail, forms } = work
  if (!detail) return nothing
  const { adding, agreeing, judgement } = forms
  const form = html`${marksForm(work.content.marks ?? [], places, noKey)}
    <tierread-report-form
      .content=${work.content}
      .standing=${version?.content}
      .saving=${forms.saving}
      .writing=${forms.writing}
      .pointOut=${pointOut}
      .checks=${forms.checks.state}
      .asksOpinion=${work.withOpinion}
      .paired=${detail.of_breasts}
    ></tierread-report-form>
    ${marksChange(version?.content, work.content, places)}`
  const reviews = html`${reviewsView(detail.reviews)} ${confirmationsView(detail.confirmations)}`
  if (step === 'verify')
    return html`<p class="soft">${text('desk.verify-explained')}</p>
      ${version ? notSeenBefore(version) : nothing} ${form}
      ${version ? conclusionsView(version.consultations) : nothing} ${reviews}`
  if (step === 'arbitrate')
    return html`<p class="soft">${text('desk.arbitrate-explained')}</p>
      ${readingsView(detail, places)} ${form} ${reviews}`
  if (agreeing)
    return html`${readingsView(detail, places)}
      <p class="note">${text('desk.common-explained')}</p>
      ${form}`
  if (step === 'read' || step === 'second' || adding)
    return html`${work.withOpinion ? html`<p class="note">${text(step === 'second' ? 'desk.blind-second' : 'desk.blind-first')}</p>` : nothing}
    ${form} ${reviews}`
  if (step === 'review')
    return html`${judgement.outcome === 'amend' ? html`${form} ${version ? signedView(version) : nothing}` : version ? versionView(version, places) : nothing}
      ${judgedTwice(forms)}
      <tierread-review-form .judgement=${judgement} .pointOut=${pointOut}></tierread-review-form>
      ${reviews}`
  return html`${detail.readings.length > 0 && detail.versions.length === 0 ? nothing : asItStands(detail, places)}
  ${readingsView(detail, places, work.allows('propose'))} ${reviews}`
}

/** A judgement was given on two pages. */
function judgedTwice({ judgementOther }: CaseForms): TemplateResult | typeof nothing {
  if (!judgementOther) return nothing
  return html`<div class="note danger" role="alert">
    <p>${text('desk.conflict')}</p>
    <button
      @click=${(event: Event) => event.target?.dispatchEvent(new CustomEvent('report-conflict', { bubbles: true, composed: true }))}
    >
      ${text('desk.conflict-compare')}
    </button>
  </div>`
}

function asItStands({ versions }: CaseDetail, places: MarkPlaces): TemplateResult {
  const [newest, previous] = [...versions].sort((a, b) => b.number - a.number)
  if (!newest) return html`<p class="soft">${text('desk.no-report')}</p>`
  if (!previous) return versionView(newest, places)
  const titles = {
    before: versionName(previous),
    after: versionName(newest),
  }
  return html`${versionView(newest, places)}
    <details class="changes">
      <summary>${text('desk.difference')}</summary>
      ${differenceView(previous.content, newest.content, titles, places)}
    </details>`
}
