/** The base of our elements: plain DOM, so that one style sheet serves all, drawn again when the language changes. */
import { LitElement } from 'lit'
import { LANGUAGE_CHANGED } from './language'
import { THEME_CHANGED } from './theme'

export class Part extends LitElement {
  private readonly redraw = (): void => this.requestUpdate()

  override createRenderRoot(): HTMLElement {
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    for (const each of [LANGUAGE_CHANGED, THEME_CHANGED]) window.addEventListener(each, this.redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const each of [LANGUAGE_CHANGED, THEME_CHANGED]) window.removeEventListener(each, this.redraw)
  }

  protected tell<T>(name: string, detail?: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}
