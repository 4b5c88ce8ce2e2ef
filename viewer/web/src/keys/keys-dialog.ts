/** The keys as the person has them, of the place where they are first, each to be put elsewhere. */
import { html, nothing, render, type TemplateResult } from 'lit'
import { text } from '../language'
import { AT_THE_DESK, IN_THE_LIST, ROWS, wordsOf, type ActName, type Room, type Row } from './acts'
import { keys, shownKey, type Refusal } from './keys'
import type { ImagePanel } from '../images/image-panel'
import { isAsking } from '../images/offers'

export function showKeys(from: Room): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'ask wide help'
  dialog.setAttribute('aria-labelledby', 'help-title')
  let waiting: ActName | undefined
  let said = ''
  let isRefused = false
  const panel = document.querySelector<ImagePanel>('tierread-images')
  const draw = (): unknown => render(view(), dialog)
  const wait = (act: ActName | undefined): void => {
    waiting = act
    said = ''
    isRefused = false
    draw()
  }
  const settle = (act: ActName, refusal: Refusal | undefined): void => {
    isRefused = refusal !== undefined
    said = refusal
      ? wordsOfRefusal(refusal)
      : text('desk.keys-put', { act: text(wordsOf(act)), key: shownKey(keys.keyOf(act)) })
    if (!refusal) waiting = undefined
    draw()
  }
  const key = (event: KeyboardEvent): void => {
    if (!waiting || event.key === 'Tab') return
    event.preventDefault()
    event.stopPropagation()
    if (event.key === 'Escape') return wait(undefined)
    if (/^(Control|Shift|Alt|Meta)$/.test(event.key)) return // and then the key that is meant
    const act = waiting
    settle(act, keys.put(act, event))
  }
  const rowView = ({ words, acts }: Row): TemplateResult => {
    const own = Object.keys(acts) as ActName[]
    const changed = own.filter((act) => keys.isChanged(act))
    const why = own.map((act) => (isAsking(act) ? panel?.whyNot(act) : undefined)).find(Boolean)
    return html`<div class=${why ? 'not-offered' : ''}>
      <dt>
        ${own.map(
          (act) =>
            html`<button
              class="key ${keys.isChanged(act) ? 'changed' : ''}"
              aria-label=${text('desk.keys-change', { act: text(words), key: shownKey(keys.keyOf(act)) || text('desk.keys-none') })}
              aria-pressed=${waiting === act}
              @click=${() => wait(waiting === act ? undefined : act)}
            >
              ${waiting === act ? html`<kbd>…</kbd>` : keyView(keys.keyOf(act))}
            </button>`,
        )}
      </dt>
      <dd>
        ${text(words)} ${why ? html`<small>${why}</small>` : nothing}
        ${changed.map(
          (act) => html`<button @click=${() => settle(act, keys.reset(act))}>${text('desk.keys-reset')}</button>`,
        )}
      </dd>
    </div>`
  }
  const desk = ['desk.case', AT_THE_DESK] as const
  const list = ['worklist.title', IN_THE_LIST] as const
  const view = (): TemplateResult =>
    html`<h2 id="help-title">${text('desk.keys')}</h2>
      <div class="told">
        <p class="soft">
          ${waiting ? text('desk.keys-press', { act: text(wordsOf(waiting)) }) : text('desk.keys-explained')}
        </p>
        <p class="said ${isRefused ? 'error' : ''}" role="status">${said}</p>
      </div>
      ${(from === 'desk' ? [desk, list] : [list, desk]).map(
        ([words, rows]) =>
          html`<h3>${text(words)}</h3>
            <dl class="keys">${rows.map(rowView)}</dl>`,
      )}
      <p class="soft">${text('desk.keys-mouse')}</p>
      <div class="buttons">
        ${
          ROWS.some(({ acts }) => (Object.keys(acts) as ActName[]).some((act) => keys.isChanged(act)))
            ? html`<button
                @click=${() => {
                  keys.resetAll()
                  wait(undefined)
                }}
              >
                ${text('desk.keys-reset-all')}
              </button>`
            : nothing
        }
        <button class="primary" @click=${() => dialog.close()}>${text('common.close')}</button>
      </div>`
  dialog.addEventListener('keydown', key)
  dialog.addEventListener('cancel', (event) => waiting && event.preventDefault())
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  draw()
  dialog.showModal()
}

const keyView = (key: string): TemplateResult =>
  key
    ? html`${shownKey(key)
        .split(' ')
        .map((each) => html`<kbd>${each}</kbd> `)}`
    : html`<kbd>—</kbd>`

function wordsOfRefusal(refusal: Refusal): string {
  if (refusal.why === 'taken')
    return text('desk.keys-taken', { act: text(wordsOf(refusal.by)), key: shownKey(keys.keyOf(refusal.by)) })
  return text(`desk.keys-${refusal.why}`)
}
