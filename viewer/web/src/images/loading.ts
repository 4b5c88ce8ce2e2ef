/** How many of the pictures that are worth fetching are at hand, as long as some are missing: seen by who looks, read to nobody. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import { Part } from '../part'
import { deskLine } from './retrieval/desk-line'

/** Pictures come faster than anybody counts. */
const DRAW_EVERY_MS = 500

class Loading extends Part {
  private attached: AbortController | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.attached = new AbortController()
    deskLine.watch(() => this.drawSoon(), this.attached.signal)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.attached?.abort()
    clearTimeout(this.timer)
  }

  private drawSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.requestUpdate()
    }, DRAW_EVERY_MS)
  }

  override render(): TemplateResult | typeof nothing {
    const { there, wanted } = deskLine.progress
    return there < wanted ? html`<p class="loading">${text('desk.fetched', { n: there, of: wanted })}</p>` : nothing
  }
}
customElements.define('tierread-loading', Loading)
