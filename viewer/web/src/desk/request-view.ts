/** What the clinic wrote of an examination, word for word, who asked for it, and the numbers it goes by; nobody edits them here. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import { day, named, text } from '../language'

export function requestView({ request, patient, patient_number, studies }: CaseDetail): TemplateResult {
  const { told, words, asked_by, department } = request
  const numbers = [...new Set(studies.map(({ accession_number }) => accession_number).filter(Boolean))]
  const facts: readonly (readonly [string, string])[] = [
    [text('report.birth-date'), patient.birth_date ? day(patient.birth_date) : ''],
    [text('report.patient-number'), patient_number],
    [text('report.accession'), numbers.join(text('list-comma'))],
    [text('report.asked-by'), [asked_by, department].filter(Boolean).join(' · ')],
  ]
  return html`<section class="request" aria-labelledby="request-title">
    <div class="heading">
      <h2 id="request-title">${text('report.request')}</h2>
      <p class="facts small">
        ${facts.map(([label, value]) => (value ? html`<span><span class="soft">${label}</span> ${value}</span>` : nothing))}
      </p>
    </div>
    ${
      told === 'words'
        ? html`<p class="prose" lang="">${words}</p>`
        : html`<p class=${told === 'held' ? 'note warning' : 'soft'}>${named('request', told)}</p>`
    }
  </section>`
}
