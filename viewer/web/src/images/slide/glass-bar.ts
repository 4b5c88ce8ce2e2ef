/** Which glass of a series is under the microscope, where there are several: each has to be seen. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../../language'
import type { Glass } from './pyramid'

export function glassBar(
  glasses: readonly Glass[],
  at: number,
  drawn: ReadonlySet<number>,
  onChoose: (at: number) => void,
): TemplateResult | typeof nothing {
  if (glasses.length < 2) return nothing
  const left = glasses.length - drawn.size
  return html`<select
      class="slide-glass"
      aria-label=${text('desk.slide.glass')}
      @change=${(event: Event) => onChoose(Number((event.target as HTMLSelectElement).value))}
    >
      ${glasses.map(
        ({ container }, each) =>
          html`<option value=${each} ?selected=${each === at}>
            ${drawn.has(each) ? '✓ ' : ''}${text('desk.slide.glass-of', { n: each + 1, many: glasses.length })}
            ${container}
          </option>`,
      )}
    </select>
    ${left > 0 ? html`<span class="slide-left" role="status">${text('desk.slide.glasses-left', { n: left })}</span>` : nothing}`
}
