/** The way to what is not theirs to see, where somebody looked for a patient in vain. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'

export function emergencyHint(opens: boolean): TemplateResult | typeof nothing {
  return opens ? html`<p>${text('emergency.hint')} <a href="/emergency">${text('emergency.hint-go')}</a></p>` : nothing
}
