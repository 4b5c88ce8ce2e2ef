/** Blind readings side by side, without whose they are; between two who confer with names, and with the text for both. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import type { Content, Opinion } from '../api/report'
import { dateAndTime, text } from '../language'
import type { MarkPlaces } from './mark-places'
import { marksList } from './marks-view'

const PARTS = ['findings', 'impression', 'recommendation'] as const
/** Somebody wants to write a text for both, from the words in `detail`. */
const COMMON_WANTED = 'common-wanted'
const TITLES = { author: 'reading.author', second: 'reading.second', arbiter: 'reading.arbiter' } as const

/** `mayPropose`: whether a text for both may be begun from one of them. */
export function readingsView(
  { readings, dissent }: CaseDetail,
  places: MarkPlaces,
  mayPropose = false,
): TemplateResult | typeof nothing {
  const standing = readings.filter(({ withdrawn }) => !withdrawn)
  // The text for both first: it is what is to be agreed on.
  const shown = [...standing.filter(({ proposed }) => proposed), ...standing.filter(({ proposed }) => !proposed)]
  if (shown.length === 0) return nothing
  return html`<section class="readings" aria-label=${text('reading.title')}>
    ${dissent ? html`<p class="note warning">${text('reading.dissent')}${text('colon')} ${dissent}</p>` : nothing}
    ${shown.map(
      (reading) =>
        html`<article class="version ${reading.proposed ? 'proposed' : ''}">
          <h2>
            ${text(reading.proposed ? 'reading.proposed' : TITLES[reading.role])}
            ${reading.reader && !reading.mine ? html`<span class="soft">${reading.reader}</span>` : nothing}
            ${reading.mine ? html`<span class="tag">${text('worklist.me')}</span>` : nothing}
          </h2>
          ${reading.proposed ? html`<p class="note">${text(reading.mine ? 'reading.proposed-waits' : 'reading.proposed-yours')}</p>` : nothing}
          ${reading.broken ? html`<p class="note danger" role="alert">${text('report.broken')}</p>` : nothing}
          ${reading.content.opinion ? html`<p class="opinion">${opinionWords(reading.content.opinion)}</p>` : nothing}
          ${PARTS.map((part) =>
            reading.content[part]
              ? html`<h3>${text(`report.${part}`)}</h3>
                  <p class="prose">${reading.content[part]}</p>`
              : nothing,
          )}
          ${marksList(reading.content.marks, places)}
          <p class="soft small">${dateAndTime(reading.signed_at)}</p>
          ${mayPropose ? html`<button class="quiet" @click=${tellCommon(reading.content)}>${text('desk.common-from')}</button>` : nothing}
        </article>`,
    )}
  </section>`
}

const tellCommon =
  (detail: Content) =>
  ({ target }: Event): unknown =>
    target?.dispatchEvent(new CustomEvent<Content>(COMMON_WANTED, { detail, bubbles: true, composed: true }))

/** An opinion in one line, as the printed report has it. */
export function opinionWords(opinion: Opinion): string {
  const sides = (['right', 'left'] as const).flatMap((side) => {
    const result = opinion[side]
    return result ? [text(`opinion.${side}.${result}`)] : []
  })
  const parts = [text(`opinion.${opinion.result}`), ...sides, opinion.views.join(' '), opinion.comment]
  return parts.filter((part) => part !== '').join(text('opinion.join'))
}
