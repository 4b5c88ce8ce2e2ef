/** What stands above the list: filters, the order on a phone, filters by name, columns, the preview. */
import { html, type TemplateResult } from 'lit'
import { keys, shownKey } from '../keys/keys'
import { text } from '../language'
import { keep, type Choices, type Kept } from './choices'
import { filterBar, type Filters } from './filters'
import type { ListState, Sorting } from './list-state'
import { columnsMenu, keptMenu, sortChoice } from './menus'

type Tools = {
  readonly list: ListState
  readonly choices: Choices
  /** Names by code. */
  readonly sites: ReadonlyMap<string, string>
  readonly withState: boolean
  readonly onFilter: (change: Partial<Filters>, pause_ms: number) => void
  readonly onSort: (by: Sorting) => void
  readonly onApply: (one: Kept) => void
  readonly onChoose: (change: Partial<Choices>) => void
}

export function listTools({ list, choices, sites, withState, ...on }: Tools): TemplateResult {
  return html`<div class="list-tools">
    ${filterBar({ filters: list.filters, sites, withState, onFilter: on.onFilter })}
    <div class="list-menus">
      ${sortChoice(list.sort, on.onSort)}
      ${keptMenu({
        kept: choices.kept,
        onApply: on.onApply,
        onKeep: (name) => on.onChoose({ kept: keep(choices.kept, name, list) }),
        onForget: (one) => on.onChoose({ kept: choices.kept.filter((each) => each !== one) }),
      })}
      ${columnsMenu(choices.columns, (columns) => on.onChoose({ columns }))}
      <button
        class="preview-switch"
        aria-pressed=${choices.preview}
        @click=${() => on.onChoose({ preview: !choices.preview })}
      >
        ${text('worklist.preview')} <kbd>${shownKey(keys.keyOf('list-preview'))}</kbd>
      </button>
    </div>
  </div>`
}
