/** The clinical history and the question of an examination, as the clinic wrote them; nobody edits them here. */
import { html, type TemplateResult } from 'lit'
import type { ClinicalRequest } from '../api/shapes'
import { named, text } from '../language'

export function requestView({ told, words }: ClinicalRequest): TemplateResult {
  return html`<section class="request" aria-labelledby="request-title">
    <h2 id="request-title">${text('report.request')}</h2>
    ${
      told === 'words'
        ? html`<p class="prose" lang="">${words}</p>`
        : html`<p class=${told === 'held' ? 'note warning' : 'soft'}>${named('request', told)}</p>`
    }
  </section>`
}
