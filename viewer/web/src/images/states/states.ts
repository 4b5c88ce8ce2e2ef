/** The presentation states of a case that a person may choose, and the one that they chose. */
import { html, nothing, type TemplateResult } from 'lit'
import { day, text } from '../../language'
import type { Affine } from '../layers/affine'
import type { Made } from '../layers/layer'
import type { Picture } from '../pictures'
import { applyState, withoutState, type InCell } from './apply'
import { drawState } from './draw'
import { applies, type State } from './state'

export class States {
  chosen: State | undefined

  constructor(
    readonly all: readonly State[],
    private readonly cells: () => readonly InCell[],
    private readonly onChosen: () => void,
  ) {}

  /** Without one the pictures stand as they were taken. */
  choose(state: State | undefined): void {
    const before = this.chosen
    this.chosen = state
    for (const cell of this.cells()) {
      if (before) withoutState(cell, before)
      if (state) applyState(cell, state)
    }
    this.onChosen()
  }

  /** Above whatever else lies over the picture; only on pictures that were taken, for those it names. */
  draw(canvas: HTMLCanvasElement, picture: Picture, made: Made, affine: Affine | undefined): void {
    const { chosen } = this
    if (chosen && affine && made === 'taken' && applies(chosen.pictures, picture))
      drawState(canvas, chosen, picture, affine)
  }

  words(picture: Picture, made: Made): string {
    const { chosen } = this
    if (!chosen || made !== 'taken' || !applies(chosen.pictures, picture)) return ''
    const said = text('desk.states.on', { name: nameOf(chosen) })
    return chosen.isPartial ? `${said} ${text('desk.states.partial')}` : said
  }

  menu(): TemplateResult | typeof nothing {
    if (this.all.length === 0) return nothing
    return html`<fieldset>
      <legend>${text('desk.states')}</legend>
      ${this.choice(undefined, text('desk.states.none'), '')}
      ${this.all.map((state) => this.choice(state, nameOf(state), about(state)))}
    </fieldset>`
  }

  private choice(state: State | undefined, words: string, more: string): TemplateResult {
    return html`<label class="row state">
      <input
        type="radio"
        name="presentation-state"
        .checked=${this.chosen === state}
        @change=${() => this.choose(state)}
      />
      <span>${words}${more ? html`<br /><span class="soft">${more}</span>` : nothing}</span>
    </label>`
  }
}

const nameOf = ({ description, label }: State): string => [label, description].filter(Boolean).join(' · ')

/** Who made it and when, and of how many pictures it speaks. */
function about({ creator, madeAt: { date, time }, maker, pictures }: State): string {
  const [, year, month, of] = /^(\d{4})(\d\d)(\d\d)$/.exec(date) ?? []
  const on = year && month && of ? `${year}-${month}-${of}` : ''
  const [, hour, minute] = /^(\d\d)(\d\d)/.exec(time) ?? []
  const at = on && hour && minute ? `${day(on)} ${hour}:${minute}` : on && day(on)
  return [
    creator || text('desk.states.nobody'),
    at || text('desk.states.no-date'),
    maker,
    text('desk.pictures', { n: pictures.size }),
  ]
    .filter(Boolean)
    .join(' · ')
}
