/** What the checks found, each with the way to its place in the text. */
import { html, nothing, type LitElement, type TemplateResult } from 'lit'
import type { CheckFinding } from '../api/report'
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
          <span>${finding.part ? `${text(`report.${finding.part}`)}${text('colon')}` : ''}${sentenceOf(finding)}</span>
          ${placeView(finding)}
        </li>`,
    )}
  </ul>`
}

/** The way to the place of a finding; nothing where it has none. */
export function placeView(finding: CheckFinding | undefined): TemplateResult | typeof nothing {
  if (!finding || finding.part === null) return nothing
  return html`<button type="button" @click=${(event: Event) => void goTo(event, finding)}>${text('check.go')}</button>`
}

/** Asks the desk to bring the report to the front: on a phone the images may lie before it. */
export const REPORT_WANTED = 'report-wanted'

/** Marks the words in their field; a dialog that stands before it closes. */
async function goTo(event: Event, finding: CheckFinding): Promise<void> {
  ;(event.target as HTMLElement).closest('dialog')?.close()
  const desk = document.querySelector<LitElement>('tierread-desk')
  desk?.dispatchEvent(new Event(REPORT_WANTED))
  await desk?.updateComplete
  const area = document.querySelector<HTMLTextAreaElement>(`#${finding.part}`)
  if (!area) return
  area.focus()
  area.setSelectionRange(...placeIn(area.value, finding))
}
