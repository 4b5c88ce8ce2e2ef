/** What people wrote to each other about the case, in the order of time; more than one line is folded, so that the report is seen. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import { dateAndTime, named, text, type TextKey } from '../language'

/** So low that the report needs the room: then one line is folded, too. */
const LOW = matchMedia('(height < 860px) and (width >= 900px)')

const sideOf = (code: string): string => (code ? named('side', code) : text('correct.no-side'))

export function correspondenceView({ correspondence }: CaseDetail): TemplateResult | typeof nothing {
  const newest = correspondence.at(-1)
  if (!newest) return nothing
  const isFolded = correspondence.length > 1 || LOW.matches
  return html`<details class="correspondence" ?open=${!isFolded}>
    <summary>
      ${text('thread.title', { n: correspondence.length })}
      ${isFolded ? html`<span class="soft small">${text(newest.word as TextKey)} ${newest.who}</span>` : nothing}
    </summary>
    <ol>
      ${correspondence.map(
        (line) =>
          html`<li>
            <p class="small">
              <strong>${text(line.word as TextKey)}</strong> ${line.who}
              ${line.uploaded_by ? html`<span class="soft">${text('thread.uploaded-by', { name: line.uploaded_by })}</span>` : nothing}
              <span class="soft">${dateAndTime(line.at)}</span>
            </p>
            ${line.sides.map(([before, after]) => html`<p class="small"><strong>${text('record.side', { before: sideOf(before), after: sideOf(after) })}</strong></p>`)}
            <p class="prose" lang="">${line.words}</p>
          </li>`,
      )}
    </ol>
  </details>`
}
