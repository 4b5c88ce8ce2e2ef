/** The series that are left to look at, and those that could not be shown: at the desk, before and after signing. */
import { html, nothing, type TemplateResult } from 'lit'
import type { NotShown } from '../api/report'
import type { Account, FailedSeries } from '../images/account'
import type { Series } from '../images/series'
import { named, text } from '../language'
import type { Viewing } from './viewing'

type Named = Pick<Series, 'modality' | 'number' | 'description'>

/** e.g. "Series 2 · CT · Lung 1 mm". */
const nameOf = ({ modality, number, description }: Named): string =>
  [
    number === undefined ? text('desk.series') : text('unseen.series', { n: number }),
    named('modality', modality),
    description,
  ]
    .filter(Boolean)
    .join(' · ')

const faultWords = ({ fault, pictures }: { readonly fault: string; readonly pictures?: number | null }): string =>
  [pictures ? text('unseen.some', { n: pictures }) : '', named('unseen', fault)].filter(Boolean).join(text('colon'))

/** The series to look at, each with a button that goes there. */
export function leftView({ left }: Account, viewing: Viewing): TemplateResult | typeof nothing {
  if (left.length === 0) return nothing
  return html`<section class="unseen hint">
    <h3>${text('unseen.left', { n: left.length })}</h3>
    <ul>
      ${left.map(
        (series) =>
          html`<li>
            <span>${nameOf(series)}</span>
            <span class="acts">
              ${
                viewing.mayLeave()
                  ? html`<button type="button" class="quiet" @click=${leaving(series, viewing, true)}>
                      ${text('unseen.leave')}
                    </button>`
                  : nothing
              }
              <button type="button" @click=${going(series, viewing)}>${text('unseen.go')}</button>
            </span>
          </li>`,
      )}
    </ul>
  </section>`
}

/** The series that could not be shown, each with what went wrong and another try. */
export function failedView({ failed }: Account, viewing: Viewing): TemplateResult | typeof nothing {
  if (failed.length === 0) return nothing
  return html`<section class="unseen failed">
    <h3>${text('unseen.failed', { n: failed.length })}</h3>
    <ul>
      ${failed.map(
        ({ series, failed: how }: FailedSeries) =>
          html`<li>
            <span>${nameOf(series)}<br /><em>${faultWords(how)}</em></span>
            ${
              how.fault === 'not_needed'
                ? html`<button type="button" @click=${leaving(series, viewing, false)}>
                    ${text('unseen.take-back')}
                  </button>`
                : html`<button type="button" @click=${going(series, viewing)}>${text('common.try-again')}</button>`
            }
          </li>`,
      )}
    </ul>
  </section>`
}

/** A dialog in which the button stands is closed first. */
const going =
  ({ seriesUid }: Series, { goTo }: Viewing) =>
  (event: Event): void => {
    ;(event.target as HTMLElement).closest('dialog')?.close()
    goTo(seriesUid)
  }

const leaving =
  ({ seriesUid }: Series, { leave }: Viewing, leaves: boolean) =>
  (event: Event): void => {
    ;(event.target as HTMLElement).closest('dialog')?.close()
    leave(seriesUid, leaves)
  }

/** What somebody who signed has not seen, and their reason. */
export function notShownView(notShown: NotShown | null): TemplateResult | typeof nothing {
  if (!notShown) return nothing
  return html`<div class="note warning not-shown">
    <strong>${text('unseen.signed')}</strong>
    <ul>
      ${notShown.series.map((one) => html`<li>${nameOf({ ...one, number: one.number ?? undefined })}${text('colon')}${faultWords(one)}</li>`)}
    </ul>
    <p>${text('desk.why')}${text('colon')}${notShown.reason}</p>
  </div>`
}
