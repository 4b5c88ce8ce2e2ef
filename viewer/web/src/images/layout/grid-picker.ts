/** Choosing rows and columns: a square of sixteen, by mouse or by keys. */
import { html, type TemplateResult } from 'lit'
import { text } from '../../language'
import { MOST, type Grid } from './grid'

const LINES = Array.from({ length: MOST }, (_, index) => index + 1)
const ARROWS: Readonly<Record<string, Grid>> = {
  ArrowUp: { rows: -1, columns: 0 },
  ArrowDown: { rows: 1, columns: 0 },
  ArrowLeft: { rows: 0, columns: -1 },
  ArrowRight: { rows: 0, columns: 1 },
}

/** Without a grid: as the protocols hang the case. */
export function gridPicker(grid: Grid, onPick: (grid: Grid | undefined) => void): TemplateResult {
  const words = text('desk.grid.words', grid)
  return html`<details class="grid-picker folding" @keydown=${keys}>
    <summary title=${text('desk.grid')} aria-label="${text('desk.grid')} ${words}">${sign(grid)}</summary>
    <div class="sixteen" role="group" data-folds aria-label=${text('desk.grid')}>
      ${LINES.map((rows) =>
        LINES.map(
          (columns) =>
            html`<button
              data-at="${rows}-${columns}"
              aria-label=${text('desk.grid.words', { rows, columns })}
              title=${text('desk.grid.words', { rows, columns })}
              aria-pressed=${rows === grid.rows && columns === grid.columns}
              class=${rows <= grid.rows && columns <= grid.columns ? 'within' : ''}
              @click=${() => onPick({ rows, columns })}
            ></button>`,
        ),
      )}
      <button class="by-itself" @click=${() => onPick(undefined)}>${text('desk.grid.by-itself')}</button>
    </div>
  </details>`
}

/** By a key: opened, with the present grid chosen. */
export function openPicker(root: HTMLElement): void {
  const picker = root.querySelector<HTMLDetailsElement>('details.grid-picker')
  if (!picker) return
  picker.open = true
  picker.querySelector<HTMLElement>('[aria-pressed=true]')?.focus()
}

const sign = ({ rows, columns }: Grid): TemplateResult =>
  html`<span class="grid-sign" aria-hidden="true" style="--rows: ${rows}; --columns: ${columns}"
    >${Array.from({ length: rows * columns }, () => html`<i></i>`)}</span
  >`

function keys(event: KeyboardEvent): void {
  const picker = event.currentTarget as HTMLDetailsElement
  const by = ARROWS[event.key]
  if (!picker.open || !by) return
  event.preventDefault()
  event.stopPropagation()
  const [row = 1, column = 0] = ((event.target as HTMLElement).dataset['at'] ?? '1-0').split('-').map(Number)
  picker.querySelector<HTMLElement>(`[data-at="${row + by.rows}-${column + by.columns}"]`)?.focus()
}
