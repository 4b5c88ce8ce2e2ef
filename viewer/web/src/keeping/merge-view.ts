/** Two fillings of one form side by side, all fields of them, each with a choice. */
import { html, nothing, type TemplateResult } from 'lit'
import { dateAndTime, text } from '../language'
import { ask } from '../shell/ask'
import type { Other } from './form-state'
import { differing, merged, proposed, type Choice, type Field } from './merge'

const NAME = 'merge.'

/** What the person made of the two; null when they want to decide later. */
export async function askToMerge<T>(fields: readonly Field<T>[], mine: T, base: T, other: Other<T>): Promise<T | null> {
  const theirs = other.words
  const open = new Set(differing(fields, mine, theirs))
  const shown = fields.filter((field) => field.words(mine) !== '' || field.words(theirs) !== '')
  const answer = await ask({
    title: text('merge.title'),
    wide: true,
    words: html`<p>
        ${text(other.from === 'server' ? 'merge.server-means' : 'merge.browser-means', { at: other.savedAt ? dateAndTime(other.savedAt) : '' })}
      </p>
      <div class="merge">
        ${shown.map((field) => fieldView(field, mine, theirs, open.has(field) ? proposed(field, base, mine, theirs) : null, other.from))}
      </div>`,
    confirm: text('merge.confirm'),
  })
  if (!answer) return null
  const choices = Object.fromEntries([...open].map(({ name }) => [name, answer[NAME + name]]))
  return merged(fields, mine, theirs, choices)
}

function fieldView<T>(
  field: Field<T>,
  mine: T,
  theirs: T,
  proposal: Choice | null,
  from: Other<T>['from'],
): TemplateResult {
  if (proposal === null)
    return html`<section class="same">
      <h3>${text(field.label)} <span class="soft small">${text('merge.same')}</span></h3>
      <p class="prose">${field.words(mine)}</p>
    </section>`
  const choice = (which: Choice, title: string, words: string | null): TemplateResult =>
    html`<label class="choice ${which}">
      <span
        ><input type="radio" name=${NAME + field.name} value=${which} ?checked=${which === proposal} /> ${title}</span
      >
      ${words === null ? nothing : html`<span class="prose">${words || text('merge.blank')}</span>`}
    </label>`
  return html`<fieldset>
    <legend>${text(field.label)}</legend>
    ${choice('mine', text('merge.mine'), field.words(mine))}
    ${choice('theirs', text(`merge.${from}`), field.words(theirs))}
    ${field.both && field.words(mine) && field.words(theirs) ? choice('both', text('merge.both'), null) : nothing}
  </fieldset>`
}
