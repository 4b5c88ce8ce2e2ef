/** Short messages at the foot of the page, spoken by screen readers. */
import { html, nothing, type TemplateResult } from 'lit'
import { Part } from '../part'
import { text } from '../language'

type Kind = 'success' | 'warning' | 'danger'
type Notice = { readonly id: number; readonly kind: Kind; readonly words: string }

const NOTICE = 'tierread-notice'
const VISIBLE_MS: Record<Kind, number> = { success: 5_000, warning: 10_000, danger: 20_000 }

/** Tells the person something that is over in a moment. */
export function notify(kind: Kind, words: string): void {
  window.dispatchEvent(new CustomEvent(NOTICE, { detail: { kind, words } }))
}

class Notices extends Part {
  private notices: readonly Notice[] = []
  private count = 0

  private readonly take = (event: Event): void => {
    const notice = { id: ++this.count, ...(event as CustomEvent<Omit<Notice, 'id'>>).detail }
    this.notices = [...this.notices.filter(({ words }) => words !== notice.words), notice]
    this.requestUpdate()
    setTimeout(() => this.drop(notice.id), VISIBLE_MS[notice.kind])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener(NOTICE, this.take)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener(NOTICE, this.take)
  }

  private drop(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id)
    this.requestUpdate()
  }

  override render(): TemplateResult {
    return html`<div class="notices" role="status" aria-live="polite">
      ${
        this.notices.length === 0
          ? nothing
          : this.notices.map(
              (notice) =>
                html`<p class="note ${notice.kind}">
                  <span>${notice.words}</span>
                  <button class="quiet" aria-label=${text('common.close')} @click=${() => this.drop(notice.id)}>
                    ×
                  </button>
                </p>`,
            )
      }
    </div>`
  }
}
customElements.define('tierread-notices', Notices)
