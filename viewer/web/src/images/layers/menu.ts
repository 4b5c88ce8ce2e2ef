/** Which parts of which objects lie over the pictures, in a menu. */
import { html, nothing, type TemplateResult } from 'lit'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import type { Picture } from '../pictures'
import type { Layer, Made, Part, Unusable } from './layer'
import type { Layers } from './layers'
import { SIGN } from './sign'

type Menu = {
  readonly layers: Layers
  /** In the active cell. */
  readonly picture: Picture | undefined
  readonly made: Made
  readonly isOn: boolean
  readonly onToggle: () => void
}

export function layersMenu(menu: Menu): TemplateResult {
  const { layers, isOn, onToggle } = menu
  const words = text('desk.layers')
  // Of states nothing is shown before one is chosen.
  const offers = layers.layers.length === 0 && layers.states.all.length > 0
  return html`<details class="reformat-menu layers-menu folding" ?open=${offers}>
    <summary title=${words} aria-label=${words} class=${isOn ? 'chosen' : ''}>
      <svg viewBox="0 0 24 24" aria-hidden="true">${SIGN}</svg>
    </summary>
    <div class="menu">
      <button title=${withKey(text('desk.layers.show'), 'layers')} aria-pressed=${isOn} @click=${onToggle}>
        ${text('desk.layers.show')}
      </button>
      ${layers.states.menu()} ${layers.layers.map((layer) => layerView(layer, menu))}
      ${layers.unusable.map(unusableView)}
      ${
        layers.layers.length === 0
          ? nothing
          : html`<label class="row">
                <span>${text('desk.layers.opacity')}</span>
                <input
                  type="range"
                  min="10"
                  max="100"
                  step="5"
                  .value=${String(Math.round(layers.opacity * 100))}
                  @input=${(event: Event) => {
                    layers.opacity = Number((event.target as HTMLInputElement).value) / 100
                    layers.onChange()
                  }}
                />
              </label>
              <label class="row">
                <input
                  type="checkbox"
                  .checked=${layers.isFilled}
                  @change=${() => {
                    layers.isFilled = !layers.isFilled
                    layers.onChange()
                  }}
                />
                <span>${text('desk.layers.fill')}</span>
              </label>`
      }
    </div>
  </details>`
}

function layerView(layer: Layer, { layers, picture, made }: Menu): TemplateResult {
  const found = picture ? layer.on(picture, made) : 'elsewhere'
  const about =
    typeof found !== 'string'
      ? nothing
      : html`<span class="soft"
          >${found === 'waiting' ? text('common.loading') : text(`desk.layers.absent.${found}`)}</span
        >`
  return html`<fieldset>
    <legend>${titleOf(layer)} ${about}</legend>
    ${found === 'lost' ? html`<button @click=${() => layers.again()}>${text('common.try-again')}</button>` : nothing}
    ${layer.parts.map((part) => partView(part, layers.isShown(layer, part.id), () => layers.toggle(layer, part.id)))}
  </fieldset>`
}

function partView({ id, name, colour }: Part, isShown: boolean, onToggle: () => void): TemplateResult {
  return html`<label class="row">
    <input type="checkbox" .checked=${isShown} @change=${onToggle} />
    <i style="background: rgb(${colour.join()})"></i>
    <span>${name || text('desk.layers.part', { n: id })}</span>
  </label>`
}

const titleOf = ({ kind, title }: Pick<Layer, 'kind' | 'title'>): string =>
  [text(`desk.layers.kind.${kind}`), title].filter(Boolean).join(' · ')

const unusableView = (one: Unusable): TemplateResult =>
  html`<p>${titleOf(one)}<br /><span class="soft">${text(`desk.layers.unusable.${one.why}`)}</span></p>`
