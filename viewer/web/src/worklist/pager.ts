/** From page to page of a list, whose end is not always known. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CasePage } from '../api/worklist'
import { text } from '../language'

export function pager(
  { total, more, page, size }: CasePage,
  onTurn: (to: number) => void,
): TemplateResult | typeof nothing {
  const pages = Math.ceil(total / size)
  if (pages <= 1 && page === 1) return nothing
  const of = more ? text('worklist.page', { page }) : text('worklist.page-of', { page, pages })
  return html`<nav class="pager" aria-label=${text('worklist.pages')}>
    <button ?disabled=${page <= 1} @click=${() => onTurn(page - 1)}>${text('worklist.previous')}</button>
    <span>${of}</span>
    <button ?disabled=${!more && page >= pages} @click=${() => onTurn(page + 1)}>${text('worklist.next')}</button>
  </nav>`
}
