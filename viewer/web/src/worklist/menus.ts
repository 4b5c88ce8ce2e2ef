/** What folds out above the list: its columns in somebody's order, and the filters that they keep by name. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import { LONGEST_NAME, type Kept } from './choices'
import { ALWAYS, AS_SHIPPED, moved, toggled, type Arrangement, type Column } from './columns'
import { SORTINGS, type Sorting } from './list-state'

export function columnsMenu(columns: Arrangement, onArrange: (arrangement: Arrangement) => void): TemplateResult {
  /** The focus goes with the column that moves. */
  const move = (event: Event, column: Column, by: 1 | -1): void => {
    const menu = (event.currentTarget as HTMLElement).closest('details')
    onArrange(moved(columns, column, by))
    setTimeout(() => {
      const buttons = [...(menu?.querySelectorAll<HTMLButtonElement>(`[data-column=${column}] [data-by]`) ?? [])]
      const same = buttons.find((button) => button.dataset['by'] === String(by) && !button.disabled)
      ;(same ?? buttons.find((button) => !button.disabled))?.focus()
    })
  }
  return html`<details class="menu columns folding">
    <summary class="button">${text('worklist.columns')}</summary>
    <div class="folded">
      <ul>
        ${columns.order.map(
          (column) =>
            html`<li data-column=${column}>
              <label
                ><input
                  type="checkbox"
                  .checked=${!columns.hidden.includes(column)}
                  ?disabled=${column === ALWAYS}
                  @change=${() => onArrange(toggled(columns, column))}
                />
                ${text(`worklist.${column}`)}</label
              >
              ${([-1, 1] as const).map(
                (by) =>
                  html`<button
                    class="quiet"
                    aria-label=${text(by < 0 ? 'worklist.column-before' : 'worklist.column-behind', { column: text(`worklist.${column}`) })}
                    ?disabled=${columns.hidden.includes(column) || moved(columns, column, by) === columns}
                    data-by=${by}
                    @click=${(event: Event) => move(event, column, by)}
                  >
                    ${by < 0 ? '↑' : '↓'}
                  </button>`,
              )}
            </li>`,
        )}
      </ul>
      <p class="soft small">${text('worklist.columns-keys')}</p>
      <button class="quiet" @click=${() => onArrange(AS_SHIPPED)}>${text('worklist.columns-reset')}</button>
    </div>
  </details>`
}

type KeptFilters = {
  readonly kept: readonly Kept[]
  readonly onApply: (one: Kept) => void
  readonly onKeep: (name: string) => void
  readonly onForget: (one: Kept) => void
}

export function keptMenu({ kept, onApply, onKeep, onForget }: KeptFilters): TemplateResult {
  const save = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    onKeep(String(new FormData(form).get('name') ?? ''))
    form.reset()
  }
  return html`<details class="menu kept folding">
    <summary class="button">
      ${text('worklist.kept')}${kept.length ? html` <span class="count">${kept.length}</span>` : nothing}
    </summary>
    <div class="folded">
      ${
        kept.length
          ? html`<ul>
              ${kept.map(
                (one) =>
                  html`<li>
                    <button class="quiet apply" data-folds @click=${() => onApply(one)}>${one.name}</button>
                    <button
                      class="quiet"
                      aria-label=${text('worklist.kept-forget', { name: one.name })}
                      @click=${() => onForget(one)}
                    >
                      ×
                    </button>
                  </li>`,
              )}
            </ul>`
          : html`<p class="soft">${text('worklist.kept-none')}</p>`
      }
      <form @submit=${save}>
        <label
          >${text('worklist.kept-name')}
          <input name="name" required maxlength=${LONGEST_NAME} autocomplete="off" />
        </label>
        <button>${text('worklist.kept-save')}</button>
      </form>
      <p class="soft small">${text('worklist.kept-words')}</p>
    </div>
  </details>`
}

/** On a phone there are no headings to sort by. */
export function sortChoice(sort: Sorting, onSort: (by: Sorting) => void): TemplateResult {
  return html`<label class="sort-choice">
    <span>${text('worklist.sort')}</span>
    <select @change=${(event: Event) => onSort((event.target as HTMLSelectElement).value as Sorting)}>
      ${SORTINGS.map((each) => html`<option value=${each} ?selected=${each === sort}>${text(`worklist.sort.${each}`)}</option>`)}
    </select>
  </label>`
}
