/** The report at the desk, as the person's step asks for it: to be written, verified, reviewed or only read. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import { text } from '../language'
import type { CaseForms } from './case-forms'
import type { MarkPlaces } from './mark-places'
import { marksForm } from './marks-view'
import './report-form'
import { confirmationsView, differenceView, notSeenBefore, reviewsView, versionView } from './report-view'
import { readingsView } from './readings-view'
import './review-form'
import type { Work } from './work'

type Pane = {
  readonly work: Work
  readonly places: MarkPlaces
  /** Whether missing fields are marked. */
  readonly pointOut: boolean
}

export function reportPane(pane: Pane): TemplateResult | typeof nothing {
  const { work, places, pointOut } = pane
  const { formStep: step, version, detail, forms } = work
  if (!detail) return nothing
  const { adding, judgement } = forms
  const form = html`${marksForm(work.content.marks ?? [], places)}
    <tierread-report-form
      .content=${work.content}
      .saving=${forms.saving}
      .writing=${forms.writing}
      .pointOut=${pointOut}
      .checks=${forms.checks.state}
      .asksOpinion=${work.withOpinion}
      .paired=${detail.of_breasts}
    ></tierread-report-form>
    ${changes(work, places)}`
  const reviews = html`${reviewsView(detail.reviews)} ${confirmationsView(detail.confirmations)}`
  if (step === 'verify')
    return html`<p class="soft">${text('desk.verify-explained')}</p>
      ${version ? notSeenBefore(version) : nothing} ${form} ${reviews}`
  if (step === 'arbitrate')
    return html`<p class="soft">${text('desk.arbitrate-explained')}</p>
      ${readingsView(detail.readings, places)} ${form} ${reviews}`
  if (step === 'read' || step === 'second' || adding)
    return html`${work.withOpinion ? html`<p class="note">${text(step === 'second' ? 'desk.blind-second' : 'desk.blind-first')}</p>` : nothing}
    ${form} ${reviews}`
  if (step === 'review')
    return html`${version ? versionView(version, places) : nothing} ${judgedTwice(forms)}
      <tierread-review-form .judgement=${judgement} .pointOut=${pointOut}></tierread-review-form>
      ${
        judgement.outcome === 'amend'
          ? html`<h2>${text('desk.amended')}</h2>
              ${form}`
          : nothing
      }
      ${reviews}`
  return html`${detail.readings.length > 0 && detail.versions.length === 0 ? nothing : asItStands(detail, places)}
  ${readingsView(detail.readings, places)} ${reviews}`
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

/** What the text on the screen changes of the version that stands. */
function changes({ version, changed, content }: Work, places: MarkPlaces): TemplateResult | typeof nothing {
  if (!version || !changed) return nothing
  const titles = { before: text('report.version-n', { n: version.number }), after: text('desk.mine') }
  return html`<details class="changes" open>
    <summary>${text('desk.difference')}</summary>
    ${differenceView(version.content, content, titles, places)}
  </details>`
}

function asItStands({ versions }: CaseDetail, places: MarkPlaces): TemplateResult {
  const [newest, previous] = [...versions].sort((a, b) => b.number - a.number)
  if (!newest) return html`<p class="soft">${text('desk.no-report')}</p>`
  if (!previous) return versionView(newest, places)
  const titles = {
    before: text('report.version-n', { n: previous.number }),
    after: text('report.version-n', { n: newest.number }),
  }
  return html`${versionView(newest, places)}
    <details class="changes">
      <summary>${text('desk.difference')}</summary>
      ${differenceView(previous.content, newest.content, titles, places)}
    </details>`
}
