/** What is written over a picture: whose it is, which, how it is shown, and whether it is all there. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import type { Picture } from './pictures'
import type { Reformatted } from './reformat/reformatted'
import { loadingWords, madeWords } from './reformat/words'
import type { Series } from './series'
import type { StackView } from './stack'
import { cornerOf } from './technique'
import { measuredAt } from './tools/calibration'
import { sidesOf } from './tools/orientation'

export function overlay({
  series,
  picture,
  count,
  view,
  made,
}: {
  series: Series
  picture: Picture
  count: number
  view: StackView
  /** What the picture is of, where it is none that was taken. */
  made: Reformatted | undefined
}): TemplateResult {
  const corner = cornerOf(picture.metadata, series)
  const measured = measuredAt(picture.metadata)
  const sides = sidesOf(picture.metadata, view.turn)
  return html`<div class="overlay">
    ${sides ? (['top', 'right', 'bottom', 'left'] as const).map((side) => html`<p class="orientation ${side}">${sides[side]}</p>`) : nothing}
    <p class="top-left">${corner.patient}<br />${corner.about}</p>
    <p class="top-right">
      ${corner.study}${corner.side ? html`<br /><strong class="side">${corner.side}</strong>` : nothing}
    </p>
    <p class="bottom-left">
      ${made ? html`<strong class="made">${madeWords(made.how)}</strong><br />${text('desk.reformat.passing')}<br />` : nothing}
      ${count > 1 ? html`${text('desk.slice-of', { n: view.index + 1, count })}<br />` : nothing}
      ${corner.place ? html`${corner.place}<br />` : nothing}
      ${measured === 'patient' || measured === 'region' ? nothing : html`${text(`desk.measured-${measured}`)}<br />`}
      ${picture.privateClass ? html`${text('desk.private-object', { name: picture.privateClass })}<br />` : nothing}
      ${view.fromServer ? text('desk.from-server') : nothing}
    </p>
    <p class="bottom-right">
      ${corner.technique ? html`${corner.technique}<br />` : nothing}
      ${view.window ? html`W ${Math.round(view.window.width)} · L ${Math.round(view.window.center)}<br />` : nothing}
      ${view.zoom === null ? nothing : `${Math.round(view.zoom * 100)} %`}
    </p>
    ${view.quality === 'full' || view.quality === 'failed' ? nothing : html`<p class="badge" role="status">${made ? loadingWords(made.progress) : text('desk.not-complete')}</p>`}
  </div>`
}
