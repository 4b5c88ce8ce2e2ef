/** The phrases of a person and of their organisation: seen, added and taken away. */
import { html, nothing, render } from 'lit'
import { Problem, Unreachable } from '../api/problem'
import type { Phrase } from '../api/templates'
import { named, text } from '../language'
import { wordsFor } from '../shell/trouble'
import type { Writing } from './writing'

/** Resolves with the phrases as they are when the dialog closes. */
export function editPhrases(writing: Writing, phrases: readonly Phrase[]): Promise<readonly Phrase[]> {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog')
    dialog.className = 'ask phrases'
    dialog.setAttribute('aria-labelledby', 'phrases-title')
    let known = phrases
    let trouble = ''
    const attempt = async (act: () => Promise<unknown>): Promise<boolean> => {
      trouble = ''
      try {
        await act()
        known = await writing.phrases()
      } catch (error) {
        if (!(error instanceof Problem || error instanceof Unreachable)) throw error
        const place = error instanceof Problem ? `${error.field('field')}.${error.field('problem')}` : ''
        const sentence = named('invalid', place)
        trouble = sentence === place || place === '' ? wordsFor(error) : sentence
      }
      draw()
      return trouble === ''
    }
    const add = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault()
      const form = event.target as HTMLFormElement
      const data = new FormData(form)
      const said = (name: string): string => String(data.get(name) ?? '').trim()
      if (await attempt(() => writing.addPhrase(said('shortcut').replace(/^\//, ''), said('words')))) form.reset()
    }
    const draw = (): void => {
      render(
        html`<h2 id="phrases-title">${text('phrase.title')}</h2>
          <p class="soft">${text('phrase.explained')}</p>
          <ul>
            ${known.map(
              (phrase) =>
                html`<li>
                  <kbd>/${phrase.shortcut}</kbd>
                  <span class="prose">${phrase.words}</span>
                  ${
                    phrase.own
                      ? html`<button type="button" @click=${() => void attempt(() => writing.endPhrase(phrase.id))}>
                          ${text('phrase.remove')}
                        </button>`
                      : html`<span class="soft small">${text('phrase.of-organisation')}</span>`
                  }
                </li>`,
            )}
          </ul>
          ${known.length === 0 ? html`<p class="soft">${text('phrase.none')}</p>` : nothing}
          <form @submit=${(event: SubmitEvent) => void add(event)}>
            <label
              >${text('phrase.shortcut')}<input name="shortcut" required maxlength="20" autocomplete="off"
            /></label>
            <label>${text('phrase.words')}<textarea name="words" rows="3" required maxlength="2000"></textarea></label>
            ${trouble ? html`<p class="error" role="alert">${trouble}</p>` : nothing}
            <div class="buttons">
              <button type="button" @click=${() => dialog.close()}>${text('common.close')}</button>
              <button type="submit" class="primary">${text('phrase.add')}</button>
            </div>
          </form>`,
        dialog,
      )
    }
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(known)
    })
    document.body.append(dialog)
    draw()
    dialog.showModal()
    dialog.querySelector<HTMLElement>('input')?.focus()
  })
}
