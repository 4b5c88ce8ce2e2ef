/** What the worklist is narrowed to. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseState } from '../api/case'
import { named, text } from '../language'

export type Filters = {
  readonly state: string
  readonly modality: string
  readonly site: string
  readonly q: string
}

export const NO_FILTERS: Filters = { state: '', modality: '', site: '', q: '' }

const TYPING_MS = 300
const STATES: readonly CaseState[] = [
  'awaiting_priors',
  'waiting_read',
  'reading',
  'provisional',
  'waiting_second',
  'second_reading',
  'conferring',
  'waiting_arbitration',
  'arbitrating',
  'waiting_verify',
  'verifying',
  'waiting_review',
  'reviewing',
  'final',
  'returned',
  'disputed',
  'withheld',
]
const MODALITIES = ['CR', 'CT', 'DX', 'MG', 'MR', 'US', 'XA', 'RF', 'NM', 'PT', 'SM']

type Bar = {
  readonly filters: Filters
  /** Names by code. */
  readonly sites: ReadonlyMap<string, string>
  /** Whether the state is for the person to choose, not for the tab. */
  readonly withState: boolean
  readonly onFilter: (change: Partial<Filters>, pause_ms: number) => void
}

export function filterBar({ filters, sites, withState, onFilter }: Bar): TemplateResult {
  const select = (
    name: 'state' | 'modality' | 'site',
    options: readonly (readonly [string, string])[],
  ): TemplateResult =>
    html`<label>
      <span>${text(`worklist.${name}`)}</span>
      <select
        id="worklist-${name}"
        @change=${(event: Event) => onFilter({ [name]: (event.target as HTMLSelectElement).value }, 0)}
      >
        <option value="">${text('worklist.any')}</option>
        ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === filters[name]}>${words}</option>`)}
      </select>
    </label>`
  const worded = (prefix: string, codes: readonly string[]) => codes.map((code) => [code, named(prefix, code)] as const)
  return html`<form
    class="filters"
    role="search"
    aria-label=${text('worklist.search')}
    @submit=${(event: Event) => event.preventDefault()}
  >
    <label class="wide">
      <span>${text('worklist.search')} <kbd>/</kbd></span>
      <input
        id="worklist-q"
        type="search"
        autocomplete="off"
        .value=${filters.q}
        @input=${(event: Event) => onFilter({ q: (event.target as HTMLInputElement).value.trim() }, TYPING_MS)}
      />
    </label>
    ${withState ? select('state', worded('state', STATES)) : nothing}
    ${select('modality', worded('modality', MODALITIES))} ${select('site', [...sites])}
  </form>`
}
