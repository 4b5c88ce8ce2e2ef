/** The shell of the reading room. */
import { LitElement, html } from 'lit'

class App extends LitElement {
  override render() {
    return html`<main>TierRead</main>`
  }
}
customElements.define('tierread-app', App)
