/** What the desk says while the server cannot be reached, or has not given the case. */
import { html, nothing, type TemplateResult } from 'lit'
import { Problem } from '../api/problem'
import { clock, text } from '../language'
import { emergencyHint } from '../shell/emergency'
import { wordsFor } from '../shell/trouble'
import type { Work } from './work'

/** Instead of the case: that it comes, or why it does not. */
export function notOpenView(failure: Work['failure'] | undefined, opensInEmergency: boolean): TemplateResult {
  if (failure === undefined) return html`<p class="waiting" role="status">${text('common.loading')}</p>`
  return html`<div class="note danger" role="alert">
    <p>${wordsFor(failure)}</p>
    ${emergencyHint(opensInEmergency && failure instanceof Problem && failure.slug === 'not-there')}
    <a class="button" href="#/">${text('desk.back')}</a>
  </div>`
}

/** While there is no line: since when, and what becomes of what is written. */
export function lineView({ downSince, forms: { saving, unsent } }: Work): TemplateResult | typeof nothing {
  if (downSince === null) return nothing
  const kept = unsent && saving?.keptAt && saving.lasting ? text('desk.line-kept', { at: clock(saving.keptAt) }) : ''
  return html`<p class="note warning line-down" role="status">
    ${text('desk.line-down', { at: clock(downSince) })} ${kept}
  </p>`
}
