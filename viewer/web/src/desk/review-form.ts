/** The city's judgement of a report: agree, amend or send back, the RADPEER score and a word to its author. */
import { html, nothing, type TemplateResult } from 'lit'
import { keys, withKey } from '../keys/keys'
import { text } from '../language'
import { Part } from '../part'
import { OUTCOMES, SCORES, missingOf, withOutcome, withScore, type Judgement } from './judgement'
import { outcomeAct, scoreAct } from './shortcuts'

/** As keyboards have it, where there is little room. */
const short = (keys: string): string => keys.replace('Shift ', '⇧')

/** Together where they lie side by side, as they were shipped; else each, in the order of the scores. */
function scoreKeys(): TemplateResult {
  const own = SCORES.map((score) => keys.keyOf(scoreAct(score)))
  const isShipped = SCORES.every((score) => !keys.isChanged(scoreAct(score)))
  const told = isShipped ? ['Shift 1 – 5'] : own.map((key) => key || '—')
  return html`${told.map((key) => html`<kbd>${short(key)}</kbd> `)}`
}

/** Tells `review-judged` with the judgement at every change. */
class ReviewForm extends Part {
  static override properties = { judgement: { attribute: false }, pointOut: { attribute: false } }
  declare judgement: Judgement
  declare pointOut: boolean

  private judge(judgement: Judgement): void {
    this.tell<Judgement>('review-judged', judgement)
  }

  override render(): TemplateResult {
    const { judgement } = this
    const { outcome, score, comment } = judgement
    const missing = this.pointOut ? missingOf(judgement) : null
    return html`<fieldset class="judging outcomes">
        <legend>${text('desk.review')}</legend>
        ${OUTCOMES.map(
          (each) =>
            html`<label title=${withKey(text(`desk.outcome.${each}.means`), outcomeAct(each))}>
              <input
                type="radio"
                name="outcome"
                value=${each}
                .checked=${each === outcome}
                @change=${() => this.judge(withOutcome(judgement, each))}
              />
              ${text(`desk.outcome.${each}`)} <kbd>${short(keys.keyOf(outcomeAct(each)))}</kbd>
            </label>`,
        )}
        ${outcome ? html`<span class="soft small means">${text(`desk.outcome.${outcome}.means`)}</span>` : nothing}
        ${missing === 'outcome' ? html`<span class="error">${text('desk.missing-outcome')}</span>` : nothing}
      </fieldset>
      <fieldset class="judging scores">
        <legend>${text('desk.score')} ${scoreKeys()}</legend>
        ${SCORES.map(
          (each) =>
            html`<label title=${withKey(text(`desk.score.${each}`), scoreAct(each))}>
              <input
                type="radio"
                name="score"
                value=${each}
                .checked=${each === score}
                @change=${() => this.judge(withScore(judgement, each))}
              />
              ${each}
            </label>`,
        )}
        ${score ? html`<span class="soft small means">${text(`desk.score.${score}`)}</span>` : nothing}
        ${missing === 'score' ? html`<span class="error">${text('desk.missing-score')}</span>` : nothing}
      </fieldset>
      <label for="comment">${text('desk.comment')}</label>
      <textarea
        id="comment"
        rows="2"
        maxlength="1000"
        aria-invalid=${missing === 'comment'}
        .value=${comment}
        @input=${(event: Event) => this.judge({ ...judgement, comment: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
      ${missing === 'comment' ? html`<span class="error">${text('desk.missing-comment')}</span>` : nothing}`
  }
}
customElements.define('tierread-review-form', ReviewForm)
