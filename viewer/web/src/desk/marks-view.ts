/** The marks of a report as lists: each with its picture and the way there; while it is written, to be used and removed. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Mark } from '../api/marks'
import { keys } from '../keys/keys'
import { text } from '../language'
import type { MarkPlaces } from './mark-places'
import { markWords, placeWords } from './mark-words'
import { marksDifference, type MarksDifference } from './marks'

/** What a button in a list asks of the desk; `detail` is the mark. */
const MARK_WANTED = 'mark-wanted'
const MARK_REMOVED = 'mark-removed'
const MARK_SAID = 'mark-said'
/** Marks the picture on the screen as a key image, or takes that back; no detail. */
const KEY_WANTED = 'key-wanted'

const tell =
  (name: string, mark?: Mark) =>
  (event: Event): unknown =>
    event.target?.dispatchEvent(new CustomEvent(name, { detail: mark, bubbles: true, composed: true }))

/** Of the report that is being written; `noKey` says why the picture on the screen cannot be a key image. */
export function marksForm(marks: readonly Mark[], places: MarkPlaces, noKey: string | undefined): TemplateResult {
  return html`<section class="marks" aria-label=${text('mark.title')}>
    <h2>
      ${text('mark.title')}
      <button
        type="button"
        title=${noKey ?? nothing}
        aria-disabled=${noKey ? 'true' : nothing}
        @click=${tell(KEY_WANTED)}
      >
        <span aria-hidden="true">★</span> ${text('mark.key')} <kbd>${keys.keyOf('key')}</kbd>
      </button>
    </h2>
    ${
      marks.length === 0
        ? html`<p class="soft small none">${text('mark.none')}</p>`
        : html`<ol>
            ${marks.map(
              (mark) =>
                html`<li>
                  ${jump(mark, places)}
                  <span class="acts">
                    ${
                      mark.kind === 'key'
                        ? nothing
                        : html`<button type="button" @click=${tell(MARK_SAID, mark)}>${text('mark.insert')}</button>`
                    }
                    <button
                      type="button"
                      aria-label=${text('mark.remove-which', { what: markWords(mark) })}
                      @click=${tell(MARK_REMOVED, mark)}
                    >
                      ${text('mark.remove')}
                    </button>
                  </span>
                </li>`,
            )}
          </ol>`
    }
  </section>`
}

/** Of a report that stands. */
export function marksList(marks: readonly Mark[] | undefined, places: MarkPlaces): TemplateResult | typeof nothing {
  if (!marks?.length) return nothing
  return html`<section class="marks">
    <h3>${text('mark.title')}</h3>
    <ol>
      ${marks.map((mark) => html`<li>${jump(mark, places)}</li>`)}
    </ol>
  </section>`
}

/** The mark in words; a button where its picture is here to be looked at. */
function jump(mark: Mark, places: MarkPlaces): TemplateResult {
  const place = places.of(mark)
  const words = html`${mark.kind === 'key' ? html`<span class="star" aria-hidden="true">★</span> ` : nothing}
    <span>${markWords(mark)}</span> <span class="soft small">${placeWords(mark, place)}</span>`
  if (place === 'gone') return html`<span class="mark gone">${words}</span>`
  return html`<button type="button" class="mark" title=${text('mark.go')} @click=${tell(MARK_WANTED, mark)}>
    ${words}
  </button>`
}

/** What went on the left, what came on the right, and what changed on both sides. */
export function marksDifferenceView(
  { removed, added, changed }: MarksDifference,
  places: MarkPlaces,
): TemplateResult | typeof nothing {
  if (removed.length + added.length + changed.length === 0) return nothing
  const line = (mark: Mark): string => [markWords(mark), placeWords(mark, places.of(mark))].filter(Boolean).join(' · ')
  const side = (words: unknown): TemplateResult =>
    html`<div>
      <h4>${text('mark.title')}</h4>
      <ul class="marks">
        ${words}
      </ul>
    </div>`
  return html`${side([
    ...removed.map((mark) => html`<li><del>${line(mark)}</del></li>`),
    ...changed.map(({ before }) => html`<li><del>${line(before)}</del></li>`),
  ])}
  ${side([
    ...added.map((mark) => html`<li><ins>${line(mark)}</ins></li>`),
    ...changed.map(({ after }) => html`<li><ins>${line(after)}</ins></li>`),
  ])}`
}

/** What went, came and became another, in words; with their points where the words are the same. */
export function changedMarks(
  before: readonly Mark[],
  after: readonly Mark[],
): readonly { was?: string; is?: string }[] {
  const { removed, added, changed } = marksDifference(before, after)
  return [
    ...removed.map((mark) => ({ was: markWords(mark) })),
    ...changed.map(({ before: old, after: now }) => {
      const [was, is] = [markWords(old), markWords(now)]
      return was === is ? { was: markLine(old), is: markLine(now) } : { was, is }
    }),
    ...added.map((mark) => ({ is: markWords(mark) })),
  ]
}

/** In one line each, for what is compared or copied. */
export const marksLines = (marks: readonly Mark[]): string => marks.map(markLine).join('\n')

/** With its points: two marks that say the same may lie in different places. */
export const markLine = (mark: Mark): string =>
  [markWords(mark), ...mark.points.map(([c, r]) => `(${Math.round(c)}, ${Math.round(r)})`)].join(' ')
