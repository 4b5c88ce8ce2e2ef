/** Who is in a slot now where this person reads. */
import { html, nothing, type TemplateResult } from 'lit'
import type { OnDuty } from '../api/worklist'
import { hour, named, text } from '../language'

export function dutyView(there: readonly OnDuty[]): TemplateResult | typeof nothing {
  if (there.length === 0) return nothing
  return html`<p class="duty soft">
    <a href="/office/roster">${text('worklist.on-duty')}</a>
    ${there.map(
      (one) =>
        html`<span class="tag"
          >${one.mine ? text('worklist.me') : one.name} · ${named('step', one.step)} ·
          ${text('worklist.duty-until', { at: hour(one.until) })}${one.available ? nothing : html` · ${text('worklist.duty-away')}`}</span
        > `,
    )}
  </p>`
}
