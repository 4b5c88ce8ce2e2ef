/** What the checks found, each with the way to its place in the text. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CheckFinding } from '../api/shapes'
import { text } from '../language'
import { placeIn, sentenceOf, type CheckState } from './checks'

/** Under the report while it is written. */
export function checksView({ findings, status }: CheckState): TemplateResult | typeof nothing {
  if (status === 'unknown') return html`<p class="checks soft small" role="status">${text('check.failed')}</p>`
  if (findings.length === 0) return nothing
  return html`<section class="checks" role="status" aria-label=${text('check.title')}>
    <h3>${text('check.title')}</h3>
    ${findingsView(findings)}
  </section>`
}

export function findingsView(findings: readonly CheckFinding[]): TemplateResult {
  return html`<ul>
    ${findings.map(
      (finding) =>
        html`<li class=${finding.severity}>
          <span class="tag ${finding.severity === 'stops' ? 'danger' : 'warning'}"
            >${text(`check.${finding.severity}`)}</span
          >
          <span>${sentenceOf(finding)}</span>
          ${
            finding.part === null
              ? nothing
              : html`<button type="button" @click=${(event: Event) => goTo(event, finding)}>
                  ${text('check.go')}
                </button>`
          }
        </li>`,
    )}
  </ul>`
}

/** Marks the words in their field; a dialog that stands before it closes. */
function goTo(event: Event, finding: CheckFinding): void {
  ;(event.target as HTMLElement).closest('dialog')?.close()
  const area = document.querySelector<HTMLTextAreaElement>(`#${finding.part}`)
  if (!area) return
  area.focus()
  area.setSelectionRange(...placeIn(area.value, finding))
}
