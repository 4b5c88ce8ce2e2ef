/** The slices of a stack under it: which is on the screen, which were drawn, and whether they run as a film. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../../language'
import type { Picture } from '../pictures'
import type { Series } from '../series'
import type { ShownSeries } from '../shown-series'
import { sign } from '../tools/signs'
import { ACT_KEYS } from '../tools/tool-names'

type Slices = {
  readonly series: Series
  readonly pictures: readonly Picture[]
  /** Of the picture on the screen, from 0. */
  readonly index: number
  readonly shown: ShownSeries | undefined
  readonly onSlice: (index: number) => void
  /** They run as a film. */
  readonly runs: boolean
  readonly onFilm: () => void
}

export function slices({ series, pictures, index, shown, onSlice, runs, onFilm }: Slices): TemplateResult {
  const film = text('desk.tool.film')
  return html`<div class="slices">
    ${shown ? seenBar(series, pictures, shown) : nothing}
    <div class="steps">
      <button
        class="film"
        title="${film} (${ACT_KEYS.film.toUpperCase()})"
        aria-label=${film}
        aria-pressed=${runs}
        @click=${onFilm}
      >
        ${sign(runs ? 'pause' : 'film')}
      </button>
      <input
        class="slider"
        type="range"
        min="1"
        max=${pictures.length}
        .value=${String(index + 1)}
        aria-label=${text('desk.slice')}
        aria-valuetext=${text('desk.slice-of', { n: index + 1, count: pictures.length })}
        @input=${(event: Event) => onSlice(Number((event.target as HTMLInputElement).value) - 1)}
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
