/** What differs between a report as it was and as it is now: words within its texts, other fields as a whole. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Content } from '../api/report'
import { text } from '../language'
import { differenceOf, type Run } from './difference'
import { REPORT_FIELDS } from './forms'
import type { MarkPlaces } from './mark-places'
import { marksDifference } from './marks'
import { changedMarks, marksDifferenceView } from './marks-view'

export const PARTS = ['findings', 'impression', 'recommendation'] as const
type Part = (typeof PARTS)[number]
type Name = Part | 'positive' | 'opinion'

/** The runs of one side, or of both: what went is struck through, what came is underlined. */
export const marked = (runs: readonly Run[]): readonly (string | TemplateResult)[] =>
  runs.map(({ kind, text: words }) =>
    kind === 'same' ? words : kind === 'removed' ? html`<del>${words}</del>` : html`<ins>${words}</ins>`,
  )

/** How a field differs, in one line; nothing where it does not. */
export function changeOf(name: Name, before: Content | undefined, after: Content): TemplateResult | typeof nothing {
  const words = before && changedWords(name, before, after)
  if (!words) return nothing
  return html`<p class="change prose" data-field=${name}><span class="tag">${text('desk.changed')}</span> ${words}</p>`
}

function changedWords(name: string, before: Content, after: Content): unknown {
  const field = REPORT_FIELDS.find((each) => each.name === name)
  if (!field) throw new TypeError(`a report has no field ${name}`)
  const [was, is] = [field.words(before), field.words(after)]
  if (was === is) return undefined
  if ((PARTS as readonly string[]).includes(name)) return marked(differenceOf(was, is))
  return html`<del>${was || text('sign.none')}</del> → <ins>${is || text('sign.none')}</ins>`
}

/** What differs, field by field, for whoever signs it; the critical class stands by its name in what is signed. */
export function changesView(before: Content, after: Content): TemplateResult {
  const changed = REPORT_FIELDS.filter(({ name }) => name !== 'form' && name !== 'critical_class').flatMap(
    ({ name, label }) => {
      const words = changedWords(name, before, after)
      return words
        ? [
            html`<div>
              <dt>${text(label)}</dt>
              <dd class="prose">${words}</dd>
            </div>`,
          ]
        : []
    },
  )
  const marks = changedMarks(before.marks ?? [], after.marks ?? []).map(
    ({ was, is }) => html`<p>${was ? html`<del>${was}</del>` : nothing} ${is ? html`<ins>${is}</ins>` : nothing}</p>`,
  )
  return html`<dl class="signing changed" aria-label=${text('desk.difference')}>
    ${changed}
    ${
      marks.length === 0
        ? nothing
        : html`<div>
            <dt>${text('mark.title')}</dt>
            <dd>${marks}</dd>
          </div>`
    }
  </dl>`
}

/** Marks that went, came and became others; nothing where none did. */
export function marksChange(
  before: Content | undefined,
  after: Content,
  places: MarkPlaces,
): TemplateResult | typeof nothing {
  if (!before) return nothing
  const difference = marksDifferenceView(marksDifference(before.marks ?? [], after.marks ?? []), places)
  return difference === nothing ? nothing : html`<div class="difference">${difference}</div>`
}
