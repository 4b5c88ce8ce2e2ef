/** Planes and slabs of the active cell, in a menu. */
import { html, svg, type TemplateResult } from 'lit'
import type { ReformatAct } from '../../keys/acts'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import { THICKNESSES, type Choice } from '../reformat/choices'
import { PLANES, PROJECTIONS, type Reformat } from '../reformat/plan'
import { madeWords } from '../reformat/words'

export type ReformatMenu = {
  readonly now: Reformat
  /** What is on the screen is made so, and was not taken so. */
  readonly isMade: boolean
  readonly onChoose: (choice: Choice) => void
  /** All planes side by side. */
  readonly onAll: () => void
}

/** Drawn in a square of 24: a block, and a plane through it. */
const SIGN = svg`<path d="M12 3l8 4v10l-8 4-8-4V7zM4 7l8 4 8-4M12 11v10"/><path d="M4 12l8 4 8-4" stroke-dasharray="2 2"/>`

export function reformatMenu({ now, isMade, onChoose, onAll }: ReformatMenu): TemplateResult {
  const toggle = (words: string, choice: Choice, pressed: boolean, act: ReformatAct): TemplateResult =>
    html`<button title=${withKey(words, act)} aria-pressed=${pressed} @click=${() => onChoose(choice)}>
      ${words}
    </button>`
  return html`<details class="reformat-menu folding">
    <summary
      title=${text('desk.reformat')}
      aria-label=${isMade ? `${text('desk.reformat')} · ${madeWords(now)}` : text('desk.reformat')}
      class=${isMade ? 'chosen' : ''}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">${SIGN}</svg>
    </summary>
    <div class="menu">
      <div role="group" aria-label=${text('desk.reformat.plane')}>
        <span>${text('desk.reformat.plane')}</span>
        ${PLANES.map((plane) =>
          toggle(text(`desk.plane.${plane}`), { kind: 'plane', plane }, now.plane === plane, plane),
        )}
      </div>
      <div role="group" aria-label=${text('desk.reformat.slab')}>
        <span>${text('desk.reformat.slab')}</span>
        ${PROJECTIONS.map((projection) => {
          const pressed = now.projection === projection
          const choice = { kind: 'projection', projection } as const
          return toggle(text(`desk.projection.${projection}`), choice, pressed, 'projection')
        })}
      </div>
      <label>
        <span>${text('desk.reformat.thickness')}</span>
        <select
          @change=${(event: Event) =>
            onChoose({ kind: 'thickness', thickness_mm: Number((event.target as HTMLSelectElement).value) })}
        >
          ${THICKNESSES.map(
            (thickness) =>
              html`<option value=${thickness} ?selected=${thickness === now.thickness_mm}>${thickness} mm</option>`,
          )}
        </select>
      </label>
      <button title=${withKey(text('desk.reformat.all'), 'planes')} @click=${onAll}>
        ${text('desk.reformat.all')}
      </button>
    </div>
  </details>`
}
