/** What is written over a picture: whose it is, which, how it is shown, and whether it is all there. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import { measuredAt, type Picture } from './pictures'
import { cornerOf, type Series } from './series'
import type { StackView } from './stack'

export function overlay({
  series,
  picture,
  count,
  view,
}: {
  series: Series
  picture: Picture
  count: number
  view: StackView
}): TemplateResult {
  const corner = cornerOf(picture.metadata, series)
  const measured = measuredAt(picture.metadata)
  return html`<div class="overlay">
    <p class="top-left">${corner.patient}<br />${corner.about}</p>
    <p class="top-right">
      ${corner.study}${corner.side ? html`<br /><strong class="side">${corner.side}</strong>` : nothing}
    </p>
    <p class="bottom-left">
      ${count > 1 ? html`${text('desk.slice-of', { n: view.index + 1, count })}<br />` : nothing}
      ${measured === 'patient' ? nothing : html`${text(`desk.measured-${measured}`)}<br />`}
      ${picture.privateClass ? html`${text('desk.private-object', { name: picture.privateClass })}<br />` : nothing}
      ${view.fromServer ? text('desk.from-server') : nothing}
    </p>
    <p class="bottom-right">
      ${view.window ? html`W ${Math.round(view.window.width)} · L ${Math.round(view.window.center)}<br />` : nothing}
      ${view.zoom === null ? nothing : `${Math.round(view.zoom * 100)} %`}
    </p>
    ${view.quality === 'full' || view.quality === 'failed' ? nothing : html`<p class="badge" role="status">${text('desk.not-complete')}</p>`}
  </div>`
}
