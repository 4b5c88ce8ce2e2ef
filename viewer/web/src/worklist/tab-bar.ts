/** The tabs of the worklist, each with how many cases lie on it. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CasePage } from '../api/worklist'
import { text } from '../language'
import type { TabName } from './tabs'

type Bar = {
  readonly names: readonly TabName[]
  readonly current: TabName
  readonly counts: CasePage['counts'] | undefined
  readonly onChoose: (tab: TabName) => void
}

export function tabBar({ names, current, counts, onChoose }: Bar): TemplateResult {
  /** Left and right within the tabs (ARIA tabs pattern). */
  const keys = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const next = by === undefined ? undefined : names[(names.indexOf(current) + by + names.length) % names.length]
    if (!next) return
    event.preventDefault()
    onChoose(next)
    const bar = event.currentTarget as HTMLElement
    bar.querySelector<HTMLElement>(`#tab-${next}`)?.focus()
  }
  return html`<div class="tabs" role="tablist" aria-label=${text('worklist.title')} @keydown=${keys}>
    ${names.map(
      (name) =>
        html`<button
          role="tab"
          id="tab-${name}"
          aria-selected=${name === current}
          aria-controls="worklist-panel"
          tabindex=${name === current ? 0 : -1}
          @click=${() => onChoose(name)}
        >
          ${text(`worklist.tab.${name}`)}${counts?.[name] ? html` <span class="count">${numberOf(counts[name])}</span>` : nothing}
        </button>`,
    )}
  </div>`
}

export const numberOf = ({ n, more }: { readonly n: number; readonly more: boolean }): string =>
  `${n}${more ? '+' : ''}`
