/** Blind readings side by side, without whose they are; and what their reader may still do with a provisional one. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import type { Opinion } from '../api/report'
import { dateAndTime, text } from '../language'
import type { MarkPlaces } from './mark-places'
import { marksList } from './marks-view'

const PARTS = ['findings', 'impression', 'recommendation'] as const
const TITLES = { author: 'reading.author', second: 'reading.second', arbiter: 'reading.arbiter' } as const

export function readingsView({ readings, dissent }: CaseDetail, places: MarkPlaces): TemplateResult | typeof nothing {
  const shown = readings.filter(({ withdrawn }) => !withdrawn)
  if (shown.length === 0) return nothing
  return html`<section class="readings" aria-label=${text('reading.title')}>
    ${dissent ? html`<p class="note warning">${text('reading.dissent')}${text('colon')} ${dissent}</p>` : nothing}
    ${shown.map(
      (reading) =>
        html`<article class="version">
          <h2>
            ${text(TITLES[reading.role])}
            ${reading.reader && !reading.mine ? html`<span class="soft">${reading.reader}</span>` : nothing}
            ${reading.mine ? html`<span class="tag">${text('worklist.me')}</span>` : nothing}
          </h2>
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
        </article>`,
    )}
  </section>`
}

/** An opinion in one line, as the printed report has it. */
export function opinionWords(opinion: Opinion): string {
  const sides = (['right', 'left'] as const).flatMap((side) => {
    const result = opinion[side]
    return result ? [text(`opinion.${side}.${result}`)] : []
  })
  const parts = [text(`opinion.${opinion.result}`), ...sides, opinion.views.join(' '), opinion.comment]
  return parts.filter((part) => part !== '').join(text('opinion.join'))
}
