/** The keys of the desk: what they mean, and what is shown when somebody asks. */
import { html, render, type TemplateResult } from 'lit'
import { ACT_KEYS, TOOL_KEYS, type Act, type ToolName } from '../images/tools/tool-names'
import { text, type TextKey } from '../language'

export type DeskCommand = 'help' | 'save' | 'decide' | 'findings' | 'park' | 'key'

/** Keys that work everywhere at the desk, in a text too. */
export function deskCommandOf(event: KeyboardEvent, inText: boolean): DeskCommand | null {
  const control = event.ctrlKey || event.metaKey
  if (control && event.key.toLowerCase() === 's') return 'save'
  if (control && event.key === 'Enter') return 'decide'
  if (control && event.key.toLowerCase() === 'k') return 'park'
  if (inText || control || event.altKey) return null
  if (event.key === '?') return 'help'
  if (event.key.toLowerCase() === 'k') return 'key'
  return event.key === 'f' ? 'findings' : null
}

const ROWS: readonly (readonly [string, TextKey])[] = [
  ['Ctrl S', 'desk.key.save'],
  ['Ctrl Enter', 'desk.key.decide'],
  ['Ctrl K', 'desk.key.park'],
  ['F', 'desk.key.findings'],
  ['K', 'mark.key'],
  ['↑ ↓', 'desk.key.scroll'],
  ['N', 'desk.key.unseen'],
  ['← →', 'desk.key.cell'],
  ['[ ]', 'desk.key.series'],
  ['G', 'desk.key.grid'],
  ['E', 'desk.key.enlarge'],
  ['J', 'desk.link.places'],
  ['Shift J', 'desk.link.windows'],
  ['X', 'desk.link.lines'],
  ['6', 'desk.key.reformat-all'],
  ['7 8 9', 'desk.key.reformat-plane'],
  ['0', 'desk.key.reformat-slab'],
  [', .', 'desk.key.reformat-thickness'],
  ...(Object.entries({ ...TOOL_KEYS, ...ACT_KEYS }) as [ToolName | Act, string][]).map(
    ([name, key]) => [key.toUpperCase(), `desk.tool.${name}`] as const,
  ),
  ['Delete', 'desk.key.remove'],
  ['1 – 5', 'desk.key.preset'],
  ['+ −', 'desk.key.zoom'],
  ['?', 'desk.key.help'],
]

export function showHelp(): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'ask help'
  dialog.setAttribute('aria-labelledby', 'help-title')
  dialog.addEventListener('close', () => dialog.remove())
  render(
    helpView(() => dialog.close()),
    dialog,
  )
  document.body.append(dialog)
  dialog.showModal()
}

function helpView(close: () => void): TemplateResult {
  return html`<h2 id="help-title">${text('desk.keys')}</h2>
    <dl class="keys">
      ${ROWS.map(
        ([keys, meaning]) =>
          html`<div>
            <dt>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</dt>
            <dd>${text(meaning)}</dd>
          </div>`,
      )}
    </dl>
    <p class="soft">${text('desk.keys-mouse')}</p>
    <div class="buttons"><button class="primary" @click=${close}>${text('common.close')}</button></div>`
}
