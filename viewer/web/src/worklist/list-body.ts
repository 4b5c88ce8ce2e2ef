/** The list itself: what is wrong, what is new, the table with the preview beside it, and its pages. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Office } from '../api/office'
import type { Case } from '../api/case'
import { keys, shownKey } from '../keys/keys'
import { text } from '../language'
import { emergencyHint } from '../shell/emergency'
import type { Choices } from './choices'
import type { ListFeed } from './list-feed'
import type { ListState, Sorting } from './list-state'
import { pager } from './pager'
import './preview'
import { tableOf } from './table'

/** With less room the preview is a sheet. */
const BESIDE = '(width >= 1280px)'

type Body = {
  readonly feed: ListFeed
  readonly list: ListState
  readonly choices: Choices
  readonly selected: string | undefined
  readonly previewed: Case | undefined
  readonly office: Office
  readonly filtered: boolean
  readonly opensInEmergency: boolean
  readonly onAgain: () => void
  readonly onNewer: () => void
  readonly onSort: (by: Sorting) => void
  readonly onSelect: (id: string) => void
  /** No row is looked at any longer. */
  readonly onUnselect: () => void
  readonly onChoose: (change: Partial<Choices>) => void
  readonly onTurn: (page: number) => void
}

export function listBody(body: Body): TemplateResult {
  const { cases, rows, failure } = body.feed
  const trouble = failure
    ? html`<div class="note danger" role="alert">
        <p>${failure}</p>
        <button @click=${body.onAgain}>${text('common.try-again')}</button>
      </div>`
    : nothing
  if (!cases)
    return html`${trouble}${failure ? nothing : html`<p class="waiting" role="status">${text('common.loading')}</p>`}`
  if (rows.length === 0) return html`${trouble}${empty(body)}`
  const { columns, preview } = body.choices
  return html`${trouble} ${news(body)}
    <div class="list-and-preview">
      ${tableOf({
        rows,
        state: body.list,
        columns,
        selected: body.selected,
        selects: preview,
        onSort: body.onSort,
        onArrange: (arranged) => body.onChoose({ columns: arranged }),
        onSelect: body.onSelect,
      })}
      ${preview ? previewOf(body) : nothing}
    </div>
    ${pager(cases, body.onTurn)}`
}

function empty({ filtered, opensInEmergency }: Body): TemplateResult {
  return html`<div class="card empty">
    <h2>${text('worklist.empty')}</h2>
    <p class="soft">${filtered ? text('worklist.empty-filtered') : text('worklist.empty-advice')}</p>
    ${emergencyHint(filtered && opensInEmergency)}
  </div>`
}

function news({ feed: { newer, fresh }, onNewer }: Body): TemplateResult | typeof nothing {
  if (!newer) return nothing
  const words = fresh ? text('worklist.new', { n: fresh }) : text('worklist.moved')
  return html`<p class="news">
    <button @click=${onNewer}>${words} <kbd>${shownKey(keys.keyOf('list-newer'))}</kbd></button>
  </p>`
}

/** Beside the list, or on a smaller screen as a sheet over its foot while a row is selected. */
function previewOf({ office, previewed, onChoose, onUnselect }: Body): TemplateResult {
  const close = (): void => (window.matchMedia(BESIDE).matches ? onChoose({ preview: false }) : onUnselect())
  return html`<aside class="preview card ${previewed ? '' : 'of-none'}" aria-label=${text('worklist.preview')}>
    <button class="quiet close" aria-label=${text('worklist.preview-close')} @click=${close}>×</button>
    <tierread-case-preview .office=${office} .item=${previewed}></tierread-case-preview>
  </aside>`
}
