/** How the cells are laid out and what they have in common: grid, links, reference lines. */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import type { Grid } from './grid'
import { gridPicker } from './grid-picker'
import type { LayoutKey } from './layout-keys'
import type { HungCase } from './hung-case'
import type { Links } from './links'
import { reformatMenu, type ReformatMenu } from './reformat-menu'

type Bar = {
  readonly hung: HungCase
  readonly links: Links
  /** Cells show where the slice of the active one lies. */
  readonly lines: boolean
  /** One cell fills the stage. */
  readonly enlarged: boolean
  /** Whether pictures stand in another window, too; undefined where they cannot. */
  readonly beside: 'none' | 'open' | 'second' | undefined
  /** Without a grid: as the protocols hang the case. */
  readonly onGrid: (grid: Grid | undefined) => void
  readonly onLayOut: (meant: LayoutKey) => void
  /** Planes and slabs of the active cell; undefined where its series is none of slices. */
  readonly reformat: ReformatMenu | undefined
  /** What lies over the pictures. */
  readonly layers: TemplateResult | typeof nothing
}

/** Drawn in a square of 24. */
const SIGNS: Record<'places' | 'windows' | 'lines' | 'enlarge' | 'monitor', SVGTemplateResult> = {
  places: svg`<path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"/>`,
  windows: svg`<circle cx="9" cy="12" r="6"/><circle cx="15" cy="12" r="6"/><path d="M9 6a6 6 0 0 1 0 12z" fill="currentColor"/>`,
  lines: svg`<rect x="4" y="4" width="16" height="16"/><path d="M4 15L20 9" stroke-dasharray="3 2"/>`,
  enlarge: svg`<path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5M4 4l6 6M20 4l-6 6M4 20l6-6M20 20l-6-6"/>`,
  monitor: svg`<rect x="2" y="5" width="12" height="10"/><path d="M17 8h5v10H10v-1M8 15v4M5 19h6"/>`,
}

const wordsOf = (name: keyof typeof SIGNS): string => {
  if (name === 'monitor') return text('beside.open')
  return text(name === 'enlarge' ? 'desk.key.enlarge' : `desk.link.${name}`)
}

/** Nothing where there is nothing to lay out. */
export function layoutBar(bar: Bar): TemplateResult | typeof nothing {
  const { links, hung } = bar
  const { grid } = hung.placed
  if ((hung.series ?? []).length === 0) return nothing
  const many = grid.rows * grid.columns > 1
  const toggle = (name: keyof typeof SIGNS, pressed: boolean): TemplateResult => {
    const words = wordsOf(name)
    return html`<button
      class=${name}
      title=${withKey(words, name)}
      aria-label=${words}
      aria-pressed=${pressed}
      @click=${() => bar.onLayOut({ kind: name })}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">${SIGNS[name]}</svg>
    </button>`
  }
  return html`<div class="layout-bar" role="group" aria-label=${text('desk.grid')}>
    ${many || bar.beside === 'open' || bar.beside === 'second' ? html`${toggle('places', links.places)} ${toggle('windows', links.windows)}` : nothing}
    ${many ? html`${toggle('lines', bar.lines)} ${toggle('enlarge', bar.enlarged)}` : nothing}
    ${bar.beside && bar.beside !== 'second' ? toggle('monitor', bar.beside === 'open') : nothing} ${bar.layers}
    ${bar.reformat ? reformatMenu(bar.reformat) : nothing} ${gridPicker(grid, bar.onGrid)}
  </div>`
}
