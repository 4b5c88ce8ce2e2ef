/** Consultations: those about the case with a way to their threads, and the conclusions that a version quotes. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import type { Conclusion } from '../api/report'
import { named, text } from '../language'

export function consultationsView({ consultations }: CaseDetail): TemplateResult | typeof nothing {
  if (consultations.length === 0) return nothing
  return html`<section class="consultations" aria-label=${text('desk.consultations')}>
    ${consultations.map(
      (one) =>
        html`<p>
          <a href="/consultations/${one.id}">${text('desk.consultations')}</a>
          <span class="tag">${named('consultation.state', one.state)}</span>
          <span class="soft">${one.conclusion || one.question}</span>
        </p>`,
    )}
  </section>`
}

export function conclusionsView(conclusions: readonly Conclusion[]): TemplateResult | typeof nothing {
  if (conclusions.length === 0) return nothing
  return html`<h3>${text('report.consultation')}</h3>
    ${conclusions.map(
      (one) =>
        html`<p class="prose">${one.conclusion}</p>
          <p class="soft small">
            ${text('consultation.took-part')}${text('colon')}
            ${one.took_part.map((who) => `${who.name} ${who.title}`.trim() + ` (${who.organisation})`).join(text('list-comma'))}
          </p>`,
    )}`
}
