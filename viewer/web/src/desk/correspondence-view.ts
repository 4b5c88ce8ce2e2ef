/** What people wrote to each other about the case, in the order of time. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import { dateAndTime, text, type TextKey } from '../language'

export function correspondenceView({ correspondence }: CaseDetail): TemplateResult | typeof nothing {
  if (correspondence.length === 0) return nothing
  return html`<details class="correspondence" open>
    <summary>${text('thread.title', { n: correspondence.length })}</summary>
    <ol>
      ${correspondence.map(
        (line) =>
          html`<li>
            <p class="small">
              <strong>${text(line.word as TextKey)}</strong> ${line.who}
              <span class="soft">${dateAndTime(line.at)}</span>
            </p>
            <p class="prose" lang="">${line.words}</p>
          </li>`,
      )}
    </ol>
  </details>`
}
