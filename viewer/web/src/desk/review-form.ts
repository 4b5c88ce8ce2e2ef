/** The city's judgement of a report: agree, amend or send back, the RADPEER score and a word to its author. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import { Part } from '../part'
import { OUTCOMES, SCORES, missingOf, type Judgement } from './judgement'

/** Tells `review-judged` with the judgement at every change. */
class ReviewForm extends Part {
  static override properties = { judgement: { attribute: false }, pointOut: { attribute: false } }
  declare judgement: Judgement
  declare pointOut: boolean

  private judge(change: Partial<Judgement>): void {
    const judgement = { ...this.judgement, ...change }
    // Agreeing is score 1; a score of 1 beside a correction would be a contradiction.
    if (change.outcome === 'agree') judgement.score = '1'
    if (change.outcome && change.outcome !== 'agree' && judgement.score === '1') judgement.score = ''
    this.tell<Judgement>('review-judged', judgement)
  }

  override render(): TemplateResult {
    const { outcome, score, comment } = this.judgement
    const missing = this.pointOut ? missingOf(this.judgement) : null
    return html`<fieldset class="outcomes">
        <legend>${text('desk.review')}</legend>
        ${OUTCOMES.map(
          (each) =>
            html`<label>
              <input
                type="radio"
                name="outcome"
                value=${each}
                .checked=${each === outcome}
                @change=${() => this.judge({ outcome: each })}
              />
              <span
                ><strong>${text(`desk.outcome.${each}`)}</strong>
                <span class="soft">${text(`desk.outcome.${each}.means`)}</span></span
              >
            </label>`,
        )}
        ${missing === 'outcome' ? html`<span class="error">${text('desk.missing-outcome')}</span>` : nothing}
      </fieldset>
      <label for="score">RADPEER</label>
      <select
        id="score"
        aria-invalid=${missing === 'score'}
        @change=${(event: Event) => this.judge({ score: (event.target as HTMLSelectElement).value })}
      >
        <option value="" ?selected=${score === ''}>${text('desk.score-choose')}</option>
        ${SCORES.map((each) => html`<option value=${each} ?selected=${each === score}>${each} ${text(`desk.score.${each}`)}</option>`)}
      </select>
      ${missing === 'score' ? html`<span class="error">${text('desk.missing-score')}</span>` : nothing}
      <label for="comment">${text('desk.comment')}</label>
      <textarea
        id="comment"
        rows="3"
        maxlength="2000"
        aria-invalid=${missing === 'comment'}
        .value=${comment}
        @input=${(event: Event) => this.judge({ comment: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
      ${missing === 'comment' ? html`<span class="error">${text('desk.missing-comment')}</span>` : nothing}`
  }
}
customElements.define('tierread-review-form', ReviewForm)
