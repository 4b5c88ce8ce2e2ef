/** Words that somebody left in this browser and that fit no form of the case as it stands now. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Step } from '../api/case'
import type { Content } from '../api/report'
import type { Field } from '../keeping/merge'
import type { Copy } from '../keeping/shelf'
import { dateAndTime, text, type TextKey } from '../language'
import { ADDENDUM, JUDGEMENT, JUDGEMENT_FIELDS, REPORT_AND_MARKS } from './forms'
import type { Judgement } from './judgement'

const TITLES: Record<Step, TextKey> = {
  read: 'step.read',
  second: 'step.second',
  arbitrate: 'step.arbitrate',
  verify: 'step.verify',
  review: 'step.review',
}

export function leftView(
  copies: readonly Copy[],
  canClaim: boolean,
  discard: (copy: Copy) => void,
): TemplateResult | typeof nothing {
  if (copies.length === 0) return nothing
  return html`<section class="left-words note warning" role="status">
    <h2>${text('desk.left-words')}</h2>
    <p>${text(canClaim ? 'desk.left-claim' : 'desk.left-means')}</p>
    ${copies.map(
      (copy) =>
        html`<article>
          <h3>${titleOf(copy)} <span class="soft small">${dateAndTime(copy.at)}</span></h3>
          ${fieldsOf(copy)} ${copying(copy)}
          <button type="button" @click=${() => discard(copy)}>${text('desk.discard')}</button>
        </article>`,
    )}
  </section>`
}

/** On plain http there is no clipboard to write to: the words are marked and copied by hand. */
const copying = (copy: Copy): TemplateResult | typeof nothing =>
  'clipboard' in navigator
    ? html`<button type="button" @click=${() => void navigator.clipboard.writeText(wordsOf(copy))}>
        ${text('desk.left-copy')}
      </button>`
    : nothing

function titleOf({ form }: Copy): string {
  if (form === JUDGEMENT) return text('desk.review')
  if (form === ADDENDUM) return text('desk.addendum')
  return text(TITLES[form.slice(form.indexOf('/') + 1) as Step] ?? 'report.heading')
}

type Line = { readonly label: string; readonly words: string }

const linesOf = <T>(fields: readonly Field<T>[], words: T): readonly Line[] =>
  fields.map((field) => ({ label: text(field.label), words: field.words(words) })).filter((line) => line.words !== '')

const lines = ({ form, words }: Copy): readonly Line[] =>
  form === JUDGEMENT ? linesOf(JUDGEMENT_FIELDS, words as Judgement) : linesOf(REPORT_AND_MARKS, words as Content)

const wordsOf = (copy: Copy): string =>
  lines(copy)
    .map(({ label, words }) => `${label}\n${words}`)
    .join('\n\n')

const fieldsOf = (copy: Copy): readonly TemplateResult[] =>
  lines(copy).map(
    ({ label, words }) =>
      html`<h4>${label}</h4>
        <p class="prose">${words}</p>`,
  )
