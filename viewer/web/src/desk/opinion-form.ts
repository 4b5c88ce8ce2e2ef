/** The form of an opinion: normal, recall with sides, technical recall with views, and a comment. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Opinion } from '../api/report'
import { text } from '../language'
import { Part } from '../part'
import {
  MAMMOGRAM_VIEWS,
  RESULTS,
  SIDES,
  SIDE_RESULTS,
  lackOf,
  viewsIn,
  withResult,
  withView,
  type OpinionLack,
} from './opinion'

/** Tells `opinion-given` with the new opinion at every change. */
class OpinionForm extends Part {
  static override properties = {
    opinion: { attribute: false },
    paired: { attribute: false },
    pointOut: { attribute: false },
  }
  declare opinion: Opinion | null
  /** Whether the examination is of two breasts. */
  declare paired: boolean
  declare pointOut: boolean

  private give(opinion: Opinion): void {
    this.tell<Opinion>('opinion-given', opinion)
  }

  override render(): TemplateResult {
    const { opinion } = this
    const lack = this.pointOut ? lackOf(opinion, this.paired) : null
    return html`<fieldset class="result opinion" aria-describedby=${lack ? 'opinion-missing' : nothing}>
      <legend>${text('report.opinion')}</legend>
      ${RESULTS.map((result) => this.choice('opinion', text(`opinion.${result}`), opinion?.result === result, () => this.give(withResult(opinion, result))))}
      ${opinion?.result === 'recall' && this.paired ? this.sides(opinion) : nothing}
      ${opinion?.result === 'technical_recall' ? this.views(opinion) : nothing}
      ${opinion && opinion.result !== 'normal' ? this.comment(opinion) : nothing}
      ${lack ? html`<span id="opinion-missing" class="error">${text(this.words(lack))}</span>` : nothing}
    </fieldset>`
  }

  private words(lack: OpinionLack) {
    return ({ result: 'desk.missing-opinion', views: 'desk.missing-views', side: 'desk.missing-side' } as const)[lack]
  }

  private choice(name: string, words: string, checked: boolean, act: () => void): TemplateResult {
    return html`<label><input type="radio" name=${name} .checked=${checked} @change=${act} /> ${words}</label>`
  }

  private sides(opinion: Opinion): readonly TemplateResult[] {
    return SIDES.map(
      (side) =>
        html`<div class="side" role="radiogroup" aria-label=${text(`opinion.side.${side}`)}>
          <span>${text(`opinion.side.${side}`)}</span>
          ${SIDE_RESULTS.map((result) =>
            this.choice(side, text(`opinion.side.${result}`), opinion[side] === result, () =>
              this.give({ ...opinion, [side]: result }),
            ),
          )}
        </div>`,
    )
  }

  private views(opinion: Opinion): TemplateResult {
    const standard: readonly string[] = this.paired ? MAMMOGRAM_VIEWS : []
    const others = opinion.views.filter((view) => !standard.includes(view))
    const type = (event: Event): void => {
      const typed = viewsIn((event.target as HTMLInputElement).value)
      const ticked = opinion.views.filter((view) => standard.includes(view))
      this.give({ ...opinion, views: [...new Set([...ticked, ...typed])].sort() })
    }
    return html`<div class="side" role="group" aria-label=${text('opinion.views')}>
        <span>${text('opinion.views')}</span>
        ${standard.map(
          (view) =>
            html`<label
              ><input
                type="checkbox"
                .checked=${opinion.views.includes(view)}
                @change=${(event: Event) => this.give(withView(opinion, view, (event.target as HTMLInputElement).checked))}
              />
              ${view}</label
            >`,
        )}
      </div>
      <label class="wide" for="opinion-views">${text(this.paired ? 'opinion.other-views' : 'opinion.views')}</label>
      <input id="opinion-views" maxlength="120" autocomplete="off" .value=${others.join(' ')} @change=${type} />`
  }

  private comment(opinion: Opinion): TemplateResult {
    return html`<label class="wide" for="opinion-comment">${text('opinion.comment')}</label>
      <input
        id="opinion-comment"
        maxlength="1000"
        autocomplete="off"
        .value=${opinion.comment}
        @input=${(event: Event) => this.give({ ...opinion, comment: (event.target as HTMLInputElement).value })}
      />`
  }
}
customElements.define('tierread-opinion-form', OpinionForm)
