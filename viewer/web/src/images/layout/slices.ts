/** The slices of a stack under it: which is on the screen, which were drawn, and whether they run as a film. */
import { html, nothing, type TemplateResult } from 'lit'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import type { Picture } from '../pictures'
import type { Series } from '../series'
import type { ShownSeries } from '../shown-series'
import type { Film } from '../tools/film'
import { sign } from '../tools/signs'
import type { Cell } from './cell'

type Slices = { readonly cell: Cell; readonly shown: ShownSeries | undefined; readonly film: Film }

/** Of the active cell; nothing where it has one picture, or none. */
export function slices({ cell, shown, film: run }: Slices): TemplateResult | typeof nothing {
  const { isAsTaken, pictures, series, stack, view } = cell
  if (!series || pictures.length < 2 || cell.slide) return nothing
  const film = text('desk.tool.film')
  return html`<div class="slices">
    ${shown && isAsTaken ? seenBar(series, pictures, shown) : nothing}
    <div class="steps">
      <button
        class="film"
        title=${withKey(film, 'film')}
        aria-label=${film}
        aria-pressed=${run.runs}
        @click=${() => run.toggle()}
      >
        ${sign(run.runs ? 'pause' : 'film')}
      </button>
      <input
        class="slider"
        type="range"
        min="1"
        max=${pictures.length}
        .value=${String(view.index + 1)}
        aria-label=${text('desk.slice')}
        aria-valuetext=${text('desk.slice-of', { n: view.index + 1, count: pictures.length })}
        @input=${(event: Event) => stack?.goTo(Number((event.target as HTMLInputElement).value) - 1)}
      />
    </div>
  </div>`
}

/** Which pictures of the series were drawn: the gaps in it are left to look at. */
function seenBar({ seriesUid }: Series, pictures: readonly Picture[], shown: ShownSeries): TemplateResult {
  const steps = pictures.map(({ imageId }, index) => {
    const colour = shown.wasDisplayed(seriesUid, imageId) ? 'var(--success)' : 'transparent'
    const [from, to] = [index, index + 1].map((edge) => `${((100 * edge) / pictures.length).toFixed(2)}%`)
    return `${colour} ${from} ${to}`
  })
  return html`<div class="seen-bar" style="background: linear-gradient(to right, ${steps.join()})"></div>`
}
