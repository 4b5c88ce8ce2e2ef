/** The base of our elements: plain DOM, so that one style sheet serves all, drawn again when the language changes. */
import { LitElement } from 'lit'
import { LANGUAGE_CHANGED } from './language'

export class Part extends LitElement {
  private readonly redraw = (): void => this.requestUpdate()

  override createRenderRoot(): HTMLElement {
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener(LANGUAGE_CHANGED, this.redraw)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener(LANGUAGE_CHANGED, this.redraw)
  }

  protected tell<T>(name: string, detail?: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}
