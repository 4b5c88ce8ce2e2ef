/** A judgement as it will be told: its score, and the word to the author. */
import { html, type TemplateResult } from 'lit'
import { text } from '../language'
import type { Judgement } from './judgement'

export function judgementView({ score, comment }: Judgement): TemplateResult {
  const words = score ? `${score} ${text(`desk.score.${score}`)}` : text('sign.none')
  return html`<dl class="signing judgement">
    <div>
      <dt>${text('desk.score')}</dt>
      <dd><strong>${words}</strong></dd>
    </div>
    <div>
      <dt>${text('desk.comment')}</dt>
      <dd class="prose">${comment.trim() || text('sign.none')}</dd>
    </div>
  </dl>`
}
