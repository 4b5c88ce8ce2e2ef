/** A PDF in its place at the desk, page under page; it comes when one is met. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { text } from '../../language'
import { Part } from '../../part'
import type { PdfDocument } from './pdf-document'
import { NotOpened, type Trouble } from './trouble'

/** Widths of a page, of that of the list in which it stands. */
const LEAST_ZOOM = 0.5
const MOST_ZOOM = 4
/** Pages whose canvases are kept, around the one that is looked at. */
const KEPT = 4

/** How high a page is before it is known: A4. */
const USUAL_RATIO = Math.SQRT2

/** Tells `document-read` when each page has stood on the screen, and `document-failed` when one cannot. */
export class PdfView extends Part {
  static override properties = { address: {} }
  declare address: string

  private document: PdfDocument | undefined
  private trouble: Trouble | undefined
  private zoom = 1
  private readonly ratios = new Map<number, number>()
  private readonly words = new Map<number, string>()
  private readonly drawn = new Set<number>()
  private readonly broken = new Set<number>()
  private readonly seen = new Set<number>()
  private readonly inSight = new Map<number, number>()
  private asked = 0

  /** In a list that is closed nobody waits for it. */
  private readonly met = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    this.met.disconnect()
    void this.open()
  })

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('address')) return
    this.close()
    this.met.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.close()
  }

  private close(): void {
    this.asked++
    for (const observer of [this.met, this.sight, this.size]) observer.disconnect()
    this.document?.close()
    this.document = this.trouble = undefined
    for (const each of [this.ratios, this.words, this.drawn, this.broken, this.seen, this.inSight]) each.clear()
  }

  private async open(): Promise<void> {
    this.close()
    const { asked } = this
    this.requestUpdate()
    try {
      const { PdfDocument } = await import('./pdf-document')
      const document = await PdfDocument.of(await bytesAt(this.address))
      if (asked !== this.asked) return document.close()
      this.document = document
    } catch (error) {
      if (asked !== this.asked) return
      this.trouble = error instanceof NotOpened ? error.trouble : 'lost'
      this.tell('document-failed')
    }
    this.requestUpdate()
  }

  /** Whatever comes into sight is drawn, and was seen once it is. */
  private readonly sight = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRect, intersectionRatio, rootBounds } of entries) {
        const half = Math.max(intersectionRatio, 2 * (intersectionRect.height / (rootBounds?.height || Infinity)))
        this.inSight.set(numberOf(target), half)
      }
      this.requestUpdate() // the bar says which page it is
      this.drawSoon()
    },
    { threshold: Array.from({ length: 101 }, (_, n) => n / 100) }, // half a screen of a page of fifty
  )

  private width = 0

  private readonly size = new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0)
    if (width === this.width) return
    this.width = width
    this.drawAnew()
  })

  protected override updated(): void {
    const pages = this.querySelector('.pdf-pages')
    if (!pages) return
    this.size.observe(pages)
    for (const page of this.querySelectorAll('.pdf-page')) this.sight.observe(page)
  }

  /** One after the other: a canvas takes one drawing at a time. */
  private work = Promise.resolve()

  private drawSoon(): void {
    this.work = this.work.then(() => this.drawInSight())
  }

  private drawAnew(): void {
    this.drawn.clear()
    this.drawSoon()
  }

  private async drawInSight(): Promise<void> {
    const here = [...this.inSight].flatMap(([number, share]) => (share > 0 ? [number] : []))
    for (const number of here) await this.draw(number)
    this.free(here)
    this.note()
  }

  private async draw(number: number): Promise<void> {
    const { asked, document } = this
    const canvas = this.canvasOf(number)
    if (!document || !canvas || this.drawn.has(number) || this.broken.has(number)) return
    this.drawn.add(number)
    try {
      const page = await document.page(number)
      if (asked !== this.asked) return
      this.ratios.set(number, page.ratio)
      this.requestUpdate()
      await this.updateComplete
      await page.draw(canvas, canvas.clientWidth)
      canvas.dataset['drawn'] = 'true'
      if (!this.words.has(number)) this.words.set(number, await page.words())
    } catch {
      if (asked !== this.asked) return
      this.broken.add(number)
      this.tell('document-failed')
    }
    this.requestUpdate()
  }

  /** Memory of pages that are far from what is looked at. */
  private free(here: readonly number[]): void {
    const [first, last] = [Math.min(...here), Math.max(...here)]
    for (const number of this.drawn) {
      const canvas = this.canvasOf(number)
      if (!canvas || (number >= first - KEPT && number <= last + KEPT)) continue
      this.drawn.delete(number)
      canvas.width = canvas.height = 0
      delete canvas.dataset['drawn']
    }
  }

  /** In a list that is closed, or under another cell, nobody sees it. */
  private note(): void {
    const { document } = this
    if (!document || !this.checkVisibility({ visibilityProperty: true })) return
    const before = this.seen.size
    for (const [number, share] of this.inSight)
      if (share >= 0.5 && this.canvasOf(number)?.dataset['drawn']) this.seen.add(number)
    if (this.seen.size === before) return
    if (this.seen.size === document.pages) this.tell('document-read')
    this.requestUpdate()
  }

  private canvasOf(number: number): HTMLCanvasElement | null {
    return this.querySelector(`.pdf-page[data-number='${number}'] canvas`)
  }

  /** The page that takes most of the screen, from 1. */
  private get current(): number {
    return [...this.inSight].reduce((best, one) => (one[1] > best[1] ? one : best), [1, 0])[0]
  }

  /** To the page so many behind or before the one on the screen. */
  turn(by: number): void {
    const to = Math.min(Math.max(this.current + by, 1), this.document?.pages ?? 1)
    this.querySelector(`.pdf-page[data-number='${to}']`)?.scrollIntoView({ block: 'start' })
  }

  /** A page is as wide as its place. */
  fit(): void {
    this.zoomBy(1 / this.zoom)
  }

  zoomBy(factor: number): void {
    this.zoom = Math.min(Math.max(this.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
    this.requestUpdate()
    void this.updateComplete.then(() => this.drawAnew())
  }

  private readonly key = (event: KeyboardEvent): void => {
    const factor = { '+': 1.25, '=': 1.25, '-': 0.8 }[event.key]
    if (factor === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    this.zoomBy(factor)
  }

  override render(): TemplateResult {
    const { document, trouble } = this
    if (trouble) return this.failed(trouble)
    if (!document) return html`<p role="status">${text('common.loading')}</p>`
    const pages = Array.from({ length: document.pages }, (_each, at) => at + 1)
    return html`${this.bar(document)}
      <div class="pdf-pages" @keydown=${this.key} tabindex="0" role="region" aria-label=${text('desk.pdf.pages')}>
        ${pages.map((number) => this.page(number, document.pages))}
      </div>`
  }

  private page(number: number, count: number): TemplateResult {
    const ratio = this.ratios.get(number) ?? this.ratios.get(1) ?? USUAL_RATIO
    return html`<section
      class="pdf-page"
      data-number=${number}
      style="width: ${100 * this.zoom}%; aspect-ratio: ${1 / ratio}"
      aria-label=${text('desk.pdf.page', { n: number, count })}
    >
      <canvas aria-hidden="true"></canvas>
      <p class="read-aloud">${this.words.get(number) ?? nothing}</p>
      ${this.broken.has(number) ? html`<p role="alert">${text('desk.pdf.page-failed', { n: number })}</p>` : nothing}
    </section>`
  }

  private bar({ pages }: PdfDocument): TemplateResult {
    const { current, seen, zoom } = this
    const button = (key: 'previous' | 'next' | 'smaller' | 'larger', sign: string, can: boolean, act: () => void) =>
      html`<button
        title=${text(`desk.pdf.${key}`)}
        aria-label=${text(`desk.pdf.${key}`)}
        ?disabled=${!can}
        @click=${act}
      >
        ${sign}
      </button>`
    return html`<div class="pdf-bar" role="toolbar" aria-label=${text('desk.pdf.tools')}>
      ${button('previous', '‹', current > 1, () => this.turn(-1))}
      <span>${text('desk.pdf.page', { n: current, count: pages })}</span>
      ${button('next', '›', current < pages, () => this.turn(1))}
      ${button('smaller', '−', zoom > LEAST_ZOOM, () => this.zoomBy(0.8))}
      ${button('larger', '+', zoom < MOST_ZOOM, () => this.zoomBy(1.25))}
      <output
        >${seen.size < pages ? text('desk.pdf.seen', { n: seen.size, count: pages }) : text('desk.pdf.all-seen')}</output
      >
      ${this.download()}
    </div>`
  }

  private failed(trouble: Trouble): TemplateResult {
    return html`<p role="alert">${text(`desk.pdf.trouble.${trouble}`)}</p>
      ${trouble === 'lost' ? html`<button @click=${() => void this.open()}>${text('common.try-again')}</button>` : nothing}
      ${trouble === 'locked' || trouble === 'broken' ? this.download() : nothing}`
  }

  private download(): TemplateResult {
    return html`<a href=${this.address} download>${text('desk.pdf.download')}</a>`
  }
}
customElements.define('tierread-pdf', PdfView)

const numberOf = (page: Element): number => Number((page as HTMLElement).dataset['number'])

/** The server sends no document that is none (406), and none that is too large for it (413). */
async function bytesAt(address: string): Promise<Uint8Array> {
  const answer = await fetch(address, { headers: { Accept: 'application/pdf' }, credentials: 'same-origin' })
  if (!answer.ok) throw new NotOpened(answer.status === 406 ? 'empty' : answer.status === 413 ? 'large' : 'lost')
  return new Uint8Array(await answer.arrayBuffer())
}
