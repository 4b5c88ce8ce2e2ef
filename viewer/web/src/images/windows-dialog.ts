/** The windows that a person keeps for a modality: the one on the screen is added, those that are there are taken away. */
import { html, nothing, render } from 'lit'
import type { OwnSettings } from '../keeping/settings'
import { named, text } from '../language'
import {
  dropWindow,
  keepWindow,
  LONGEST_NAME,
  MOST_WINDOWS,
  ownWindows,
  shownNumber,
  WINDOW_KEYS,
  windowChoices,
} from './own-windows'
import type { Window } from './window-level'

/** `now`: the window on the screen. */
export function editWindows(settings: OwnSettings, modality: string, now: Window | null): void {
  const dialog = document.createElement('dialog')
  dialog.className = 'ask windows'
  dialog.setAttribute('aria-labelledby', 'windows-title')
  const rounded = (value: number | undefined): string => (value === undefined ? '' : String(Math.round(value)))
  const add = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const said = new FormData(form)
    const [name, key] = ['name', 'key'].map((field) => String(said.get(field) ?? '').trim())
    const [center, width] = ['center', 'width'].map((field) => Number(said.get(field)))
    if (!name || key === undefined || center === undefined || width === undefined) return
    keepWindow(settings, modality, { name, center, width, key })
    form.querySelector('input')?.form?.reset()
    draw()
  }
  const draw = (): void => {
    const own = ownWindows(settings, modality)
    const free = WINDOW_KEYS.find((key) => !windowChoices(settings, modality).some((each) => each.key === key))
    render(
      html`<h2 id="windows-title">${text('desk.windows-own-of', { modality: named('modality', modality) })}</h2>
        ${own.length === 0 ? html`<p class="soft">${text('desk.windows-none')}</p>` : nothing}
        <ul>
          ${own.map(
            ({ name, center, width, key }) =>
              html`<li>
                <span class="prose">${name}</span>
                <span class="soft small">W ${width} · L ${center}</span>
                ${key ? html`<kbd>${shownNumber(key)}</kbd>` : nothing}
                <button
                  type="button"
                  aria-label=${text('desk.windows-drop', { name })}
                  @click=${() => {
                    dropWindow(settings, modality, name)
                    draw()
                  }}
                >
                  ${text('phrase.remove')}
                </button>
              </li>`,
          )}
        </ul>
        <form @submit=${add}>
          <label
            >${text('desk.windows-name')}<input name="name" required maxlength=${LONGEST_NAME} autocomplete="off"
          /></label>
          <div class="numbers">
            <label
              >${text('desk.windows-width')}<input
                name="width"
                type="number"
                required
                min="1"
                max="100000"
                step="any"
                value=${rounded(now?.width)}
            /></label>
            <label
              >${text('desk.windows-center')}<input
                name="center"
                type="number"
                required
                min="-100000"
                max="100000"
                step="any"
                value=${rounded(now?.center)}
            /></label>
            <label
              >${text('desk.windows-key')}<select name="key">
                <option value="">${text('desk.keys-none')}</option>
                ${WINDOW_KEYS.map((key) => html`<option value=${key} ?selected=${key === free}>${shownNumber(key) || key}</option>`)}
              </select></label
            >
          </div>
          ${own.length >= MOST_WINDOWS ? html`<p class="soft small">${text('desk.windows-most', { n: MOST_WINDOWS })}</p>` : nothing}
          <div class="buttons">
            <button type="button" @click=${() => dialog.close()}>${text('common.close')}</button>
            <button type="submit" class="primary">${text('desk.windows-add')}</button>
          </div>
        </form>`,
      dialog,
    )
  }
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  draw()
  dialog.showModal()
  dialog.querySelector<HTMLElement>('input')?.focus()
}
