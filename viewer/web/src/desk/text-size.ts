/** How large the words of the report's side are, as the person likes them. */
import { html, type TemplateResult } from 'lit'
import type { OwnSettings } from '../keeping/settings'
import { text } from '../language'

const [SMALLEST, LARGEST, SHIPPED] = [12, 20, 15]

/** In points of the screen. */
export function textSizeOf(settings: Pick<OwnSettings, 'of'>): number {
  const said = settings.of('desk')['text_px']
  return typeof said === 'number' && said >= SMALLEST && said <= LARGEST ? said : SHIPPED
}

export function textSizeView(settings: OwnSettings): TemplateResult {
  const now = textSizeOf(settings)
  const step = (by: 1 | -1): TemplateResult =>
    html`<button
      aria-label=${text(by > 0 ? 'desk.text-larger' : 'desk.text-smaller')}
      ?disabled=${by > 0 ? now >= LARGEST : now <= SMALLEST}
      @click=${() => settings.change('desk', { text_px: now + by })}
    >
      ${by > 0 ? 'A+' : 'A−'}
    </button>`
  return html`<div class="text-size" role="group" aria-label=${text('desk.text-size')} @click=${stay}>
    <span>${text('desk.text-size')}</span> ${step(-1)} <output>${now}</output> ${step(1)}
  </div>`
}

/** The menu stays open: somebody goes on until the size is theirs. */
const stay = (event: Event): void => event.stopPropagation()
