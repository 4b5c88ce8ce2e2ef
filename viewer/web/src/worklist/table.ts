/** The table of cases: headings that sort and that somebody puts in their order, by dragging or by keys. */
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { text } from '../language'
import type { Row } from './arrivals'
import { SORTS, moved, placed, shown, type Arrangement, type Column } from './columns'
import type { ListState, Sorting } from './list-state'
import { rowOf } from './row'

const CARRIED = 'application/x-tierread-column'

export type Table = {
  readonly rows: readonly Row[]
  readonly state: ListState
  readonly columns: Arrangement
  readonly selected: string | undefined
  readonly selects: boolean
  readonly onSort: (by: Sorting) => void
  readonly onArrange: (arrangement: Arrangement) => void
  readonly onSelect: (id: string) => void
}

export function tableOf(table: Table): TemplateResult {
  const columns = shown(table.columns)
  const now = new Date()
  return html`<table class="cases">
    <caption class="hidden-to-eyes">
      ${text('worklist.title')}
    </caption>
    <thead>
      <tr>
        ${columns.map((column) => heading(column, table))}
      </tr>
    </thead>
    <tbody>
      ${repeat(
        table.rows,
        ({ item }) => item.id,
        (row) => rowOf(row, now, { ...table, columns }),
      )}
    </tbody>
  </table>`
}

function heading(column: Column, { state, columns, onSort, onArrange }: Table): TemplateResult {
  const sort = SORTS[column]
  const sorted = sort !== undefined && sort === state.sort
  const direction = !sorted ? 'none' : state.descending ? 'descending' : 'ascending'
  const keys = (event: KeyboardEvent): void => {
    const by = event.altKey ? ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key as 'ArrowLeft'] : undefined
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const table = (event.currentTarget as HTMLElement).closest('table')
    onArrange(moved(columns, column, by))
    // Once it is drawn in its new place, the next key moves it on.
    setTimeout(() => table?.querySelector<HTMLElement>(`th.${column} button, th.${column}[tabindex]`)?.focus())
  }
  const drop = (event: DragEvent): void => {
    const carried = event.dataTransfer?.getData(CARRIED) as Column
    if (!columns.order.includes(carried)) return
    event.preventDefault()
    onArrange(placed(columns, carried, column))
  }
  return html`<th
    scope="col"
    class=${column}
    aria-sort=${sort ? direction : nothing}
    tabindex=${sort ? nothing : 0}
    draggable="true"
    @keydown=${keys}
    @dragstart=${(event: DragEvent) => event.dataTransfer?.setData(CARRIED, column)}
    @dragover=${(event: DragEvent) => event.preventDefault()}
    @drop=${drop}
  >
    ${
      sort
        ? html`<button class="sort" @click=${() => onSort(sort)}>
            ${text(`worklist.${column}`)}<span aria-hidden="true"
              >${direction === 'none' ? '' : direction === 'ascending' ? ' ▲' : ' ▼'}</span
            >
          </button>`
        : text(`worklist.${column}`)
    }
  </th>`
}
