/** A report to be read: its text, its signatures, and how it differs from the version before. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Confirmation, Content, PastReview, ReportVersion } from '../api/report'
import { dateAndTime, named, text } from '../language'
import { conclusionsView } from './consultations-view'
import { PARTS, marked } from './changes-view'
import { differenceOf } from './difference'
import type { MarkPlaces } from './mark-places'
import { marksDifference } from './marks'
import { marksDifferenceView, marksList } from './marks-view'
import { opinionWords } from './readings-view'
import { notShownView } from './unseen-view'

export function versionView(version: ReportVersion, places: MarkPlaces): TemplateResult {
  return html`<article class="version">
    <h2>
      ${version.issue === null ? nothing : text('report.version-n', { n: version.issue })}
      <span class="tag ${version.status}">${named('report.status', version.status)}</span>
      ${resultTag(version.content)}
    </h2>
    ${version.content.opinion ? html`<p class="opinion">${opinionWords(version.content.opinion)}</p>` : nothing}
    ${version.broken ? html`<p class="note danger" role="alert">${text('report.broken')}</p>` : nothing}
    ${PARTS.map((part) =>
      version.content[part]
        ? html`<h3>${text(`report.${part}`)}</h3>
            <p class="prose">${version.content[part]}</p>`
        : nothing,
    )}
    ${marksList(version.content.marks, places)} ${signedView(version)}
  </article>`
}

/** What a version has beside its words: conclusions that it quotes, what limits it, and who signed it. */
export function signedView(version: ReportVersion): TemplateResult {
  return html`${conclusionsView(version.consultations)} ${incompleteView(version.incomplete_reason)}
    <ul class="signatures">
      ${version.signatures.map(
        (signature) =>
          html`<li>
            ${named('report', signature.signed_as)}${text('colon')} ${signature.name}
            <span class="soft">${signature.title}</span>
            <span class="soft">${signature.organisation}, ${dateAndTime(signature.signed_at)}</span>
            ${notShownView(signature.not_shown)} ${confirmedView(signature.confirmed_checks)}
          </li>`,
      )}
    </ul>`
}

/** A version as people call it: by its number, or by what became of it where it has none. */
export const versionName = ({ issue, status }: Pick<ReportVersion, 'issue' | 'status'>): string =>
  issue === null ? named('report.status', status) : text('report.version-n', { n: issue })

/** What the checks of the text found and whoever signed meant all the same. */
function confirmedView(checks: readonly string[]): TemplateResult | typeof nothing {
  if (checks.length === 0) return nothing
  const names = checks.map((check) => named('check.name', check)).join(text('list-comma'))
  return html`<p class="soft small">${text('check.confirmed')}${text('colon')}${names}</p>`
}

function incompleteView(reason: string): TemplateResult | typeof nothing {
  return reason ? html`<p class="note warning">${text('report.incomplete')}${text('colon')}${reason}</p>` : nothing
}

/** What those who signed before have not seen, for whoever signs after them. */
export function notSeenBefore({ signatures, incomplete_reason }: ReportVersion): TemplateResult {
  const limited = signatures.filter(({ not_shown }) => not_shown)
  return html`${incompleteView(incomplete_reason)}
  ${limited.map(
    (signature) =>
      html`<section class="not-seen-before">
        <h3>${named('report', signature.signed_as)}${text('colon')} ${signature.name}</h3>
        ${notShownView(signature.not_shown)}
      </section>`,
  )}`
}

function resultTag(content: Content): TemplateResult | typeof nothing {
  if (content.positive === null) return nothing
  return html`<span class="tag ${content.positive ? 'warning' : ''}"
    >${text(content.positive ? 'report.positive' : 'report.negative')}</span
  >`
}

/** The older text on the left with what went, the newer on the right with what came. */
export function differenceView(
  before: Content,
  after: Content,
  titles: { readonly before: string; readonly after: string },
  places: MarkPlaces,
): TemplateResult {
  return html`<div class="difference">
    <h3>${titles.before}</h3>
    <h3>${titles.after}</h3>
    ${PARTS.filter((part) => before[part] || after[part]).map((part) => {
      const runs = differenceOf(before[part], after[part])
      const gone = marked(runs.filter(({ kind }) => kind !== 'added'))
      const come = marked(runs.filter(({ kind }) => kind !== 'removed'))
      return [gone, come].map(
        (words) =>
          html`<div>
            <h4>${text(`report.${part}`)}</h4>
            <p class="prose">${words}</p>
          </div>`,
      )
    })}
    ${marksDifferenceView(marksDifference(before.marks ?? [], after.marks ?? []), places)}
    <div>${resultTag(before)}</div>
    <div>${resultTag(after)}</div>
  </div>`
}

/** The words of readers that late images change nothing. */
export function confirmationsView(confirmations: readonly Confirmation[]): TemplateResult | typeof nothing {
  if (confirmations.length === 0) return nothing
  return html`<section class="reviews">
    <h2>${text('desk.confirmations')}</h2>
    <ul>
      ${confirmations.map(
        (one) =>
          html`<li>
            <span class="soft">${one.reader}, ${dateAndTime(one.at)}</span>
            ${one.comment ? html`<p class="prose">${one.comment}</p>` : nothing}
            ${incompleteView(one.incomplete_reason)} ${notShownView(one.not_shown)}
          </li>`,
      )}
    </ul>
  </section>`
}

export function reviewsView(reviews: readonly PastReview[]): TemplateResult | typeof nothing {
  if (reviews.length === 0) return nothing
  return html`<section class="reviews">
    <h2>${text('desk.reviews')}</h2>
    <ul>
      ${reviews.map(
        (review) =>
          html`<li>
            <strong>${text(`desk.outcome.${review.outcome}`)}</strong>
            ${review.score ? html`<span class="tag">RADPEER ${review.score}</span>` : nothing}
            ${review.awaits_arbitration ? html`<span class="tag">${text('desk.score-awaits-arbitration')}</span>` : nothing}
            <span class="soft">${review.reviewer}, ${dateAndTime(review.at)}</span>
            ${review.comment ? html`<p class="prose">${review.comment}</p>` : nothing}
          </li>`,
      )}
    </ul>
  </section>`
}
