/** The keys of the desk: what they mean, and what is shown when somebody asks. */
import { html, render, type TemplateResult } from 'lit'
import type { ReviewOutcome } from '../api/report'
import { LAYERS_KEY } from '../images/layers/sign'
import { ACT_KEYS, TOOL_KEYS, type Act, type ToolName } from '../images/tools/tool-names'
import { text, type TextKey } from '../language'
import { SCORES, type Score } from './judgement'

export type DeskCommand =
  | { readonly kind: 'help' | 'save' | 'decide' | 'findings' | 'park' | 'key' }
  | { readonly kind: 'outcome'; readonly outcome: ReviewOutcome }
  | { readonly kind: 'score'; readonly score: Score }

/** With Shift: the letters and digits alone are tools and windows of the pictures. */
export const OUTCOME_KEYS: Readonly<Record<ReviewOutcome, string>> = {
  agree: 'Shift A',
  amend: 'Shift M',
  send_back: 'Shift S',
}
export const SCORE_KEYS: readonly (readonly [Score, string])[] = SCORES.map((score, n) => [score, `Shift ${n + 1}`])

/** Those with Ctrl work in a text, too; the others never while somebody types. */
const COMMANDS: Readonly<Record<string, DeskCommand>> = {
  'Ctrl S': { kind: 'save' },
  'Ctrl ENTER': { kind: 'decide' },
  'Ctrl K': { kind: 'park' },
  F: { kind: 'findings' },
  K: { kind: 'key' },
  '?': { kind: 'help' },
  ...Object.fromEntries(Object.entries(OUTCOME_KEYS).map(([outcome, keys]) => [keys, judging(outcome)])),
  ...Object.fromEntries(SCORE_KEYS.map(([score, keys]) => [keys, { kind: 'score', score }] as const)),
}

function judging(outcome: string): DeskCommand {
  return { kind: 'outcome', outcome: outcome as ReviewOutcome }
}

/** Whether letters that are typed there are words: a tick or a round button takes none. */
export const takesText = (target: Element): boolean =>
  target.closest('textarea, select, input:not([type=radio], [type=checkbox])') !== null

export function deskCommandOf(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
  inText: boolean,
): DeskCommand | null {
  const control = event.ctrlKey || event.metaKey
  if (event.altKey || (inText && !control)) return null
  return COMMANDS[keysOf(event, control)] ?? null
}

/** As the table writes them: a digit by its place on the keyboard, for with Shift it is another character. */
function keysOf({ key, code, shiftKey }: Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey'>, control: boolean): string {
  const digit = /^Digit(\d)$/.exec(code)?.[1]
  const name = digit ?? key.toUpperCase()
  const shift = shiftKey && /^[A-Z0-9]$/.test(name)
  return [control ? 'Ctrl' : '', shift ? 'Shift' : '', name].filter(Boolean).join(' ')
}

const ROWS: readonly (readonly [string, TextKey])[] = [
  ['Ctrl S', 'desk.key.save'],
  ['Ctrl Enter', 'desk.key.decide'],
  ['Ctrl K', 'desk.key.park'],
  ['F', 'desk.key.findings'],
  ['K', 'mark.key'],
  ...(Object.entries(OUTCOME_KEYS) as [ReviewOutcome, string][]).map(
    ([outcome, keys]) => [keys, `desk.outcome.${outcome}`] as const,
  ),
  ['Shift 1 – 5', 'desk.score'],
  ['↑ ↓', 'desk.key.scroll'],
  ['N', 'desk.key.unseen'],
  ['← →', 'desk.key.cell'],
  ['[ ]', 'desk.key.series'],
  ['G', 'desk.key.grid'],
  ['E', 'desk.key.enlarge'],
  ['J', 'desk.link.places'],
  ['Shift J', 'desk.link.windows'],
  ['X', 'desk.link.lines'],
  [LAYERS_KEY, 'desk.layers'],
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
