/** A cell: one viewport with one series in it, what lies over its pictures, and what of them failed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { OtherPerson } from '../../api/case-detail'
import type { Mark, MarkChange } from '../../api/marks'
import { Problem, Unreachable } from '../../api/problem'
import { day, text } from '../../language'
import { Part } from '../../part'
import { wordsFor } from '../../shell/trouble'
import { keyImage } from '../key-image'
import { actOn } from '../acts'
import type { ImageKey } from '../image-keys'
import type { Made } from '../layers/layer'
import type { Over } from '../layers/layers'
import { sightOf, type Sight } from '../offers'
import type { OtherObject } from '../other-objects'
import { otherPerson } from '../other-person'
import { overlay } from '../overlay'
import type { PdfView } from '../pdf/pdf-view'
import type { Picture } from '../pictures'
import { canAsk } from '../reformat/choices'
import { isCached } from '../retrieval/in-cache'
import { previewOf, type Series } from '../series'
import type { ShownSeries } from '../shown-series'
import type { Slide } from '../slide/pyramid'
import type { SlideView } from '../slide/slide-view'
import type { Stack, StackView } from '../stack'
import type { ToolName } from '../tools/tool-names'
import { UPRIGHT } from '../tools/orientation'
import type { CellContent, PictureAddress } from './cell-content'
import { besidePictures, instead, laidOver, slideIn } from './cell-parts'
import type { SeriesContents } from './contents'
import { Making } from './making'
import { messageOver } from './messages'
import { firstUnseen, indexOf, openingPlace } from './opening-place'
import type { Plane } from './planes'
import { referenceLine } from './reference-line'
import { Seen } from './seen'

const NOTHING_SHOWN: StackView = {
  index: 0,
  window: null,
  zoom: null,
  inverted: false,
  turn: UPRIGHT,
  quality: 'none',
  fault: undefined,
  fromServer: false,
}

/**
 * Tells `images-shown` when more of a series was shown, `cell-view` when what is on the screen changed, `marks-changed`
 * when the person drew, and `cell-as-taken` when they want the pictures as they were taken.
 */
export class Cell extends Part {
  static override properties = {
    contents: { attribute: false },
    content: { attribute: false },
    shown: { attribute: false },
    documents: { attribute: false },
    otherPersons: { attribute: false },
    marks: { attribute: false },
    tool: {},
    covered: { type: Boolean },
    reference: { attribute: false },
    over: { attribute: false },
  }
  declare contents: SeriesContents | undefined
  declare content: CellContent | undefined
  /** Where to note what was shown; nothing for priors. */
  declare shown: ShownSeries | undefined
  /** The documents among the objects, which have to be opened. */
  declare documents: readonly string[] | undefined
  /** The images that say they are of somebody else. */
  declare otherPersons: readonly OtherPerson[] | undefined
  /** The marks of the report, wherever they lie. */
  declare marks: readonly Mark[] | undefined
  declare tool: ToolName
  /** Another cell lies over this one: what is drawn here is seen by nobody. */
  declare covered: boolean
  /** The slice of another cell, whose place is to be marked. */
  declare reference: Plane | undefined
  /** What lies over pictures. */
  declare over: Over | undefined

  /** What is on the screen: those that were taken, or what is made of them. */
  pictures: readonly Picture[] = []
  /** As they were taken. */
  taken: readonly Picture[] = []
  view: StackView = NOTHING_SHOWN
  stack: Stack | undefined
  failure: string | undefined
  others: readonly OtherObject[] = []
  slide: Slide | undefined
  /** All of the slide was drawn, if under another cell. */
  private slideIsDrawn = false
  /** A picture of the series could not be fetched, though others can be looked at. */
  private lacking = false
  private preview: string | undefined
  private readonly making = new Making(() => this.progressed())
  private asked = 0
  readonly seen = new Seen(
    () => ({
      ...{ series: this.series, shown: this.shown, documents: this.documents, others: this.others, slide: this.slide },
      taken: this.taken,
      isListOpen: this.taken.length === 0 || this.querySelector<HTMLDetailsElement>('details.others')?.open === true,
    }),
    () => {
      this.requestUpdate()
      this.tell('images-shown')
    },
  )

  get series(): Series | undefined {
    return this.content?.series
  }

  /** On the screen, or asked for. */
  get picture(): Picture | undefined {
    return this.pictures[this.view.index]
  }

  /** The pictures are those that were taken, and not made of them. */
  get isAsTaken(): boolean {
    return this.making.made === undefined && this.making.refusal === undefined
  }

  /** How its pictures came to be. */
  get how(): Made {
    const { made } = this.making
    if (!made) return 'taken'
    return made.how.projection === 'none' ? 'plane' : 'slab'
  }

  /** Counted from 0, at `from` or behind it, else from the beginning; -1 where none is left. */
  firstUnseen(from = 0): number {
    const { series, shown } = this
    if (!series || !shown || !this.isAsTaken) return -1
    return firstUnseen(this.pictures, series.seriesUid, shown, from)
  }

  /** The same as now, for another look at the series: what the server says of it now. */
  again(series: Series, trying = false): CellContent {
    const { content, stack, view } = this
    return {
      ...content,
      series,
      index: view.index,
      at: undefined,
      look: stack?.look,
      trying: trying || content?.trying === true,
    }
  }

  /** Counted from 0; -1 where it is none of the pictures here. */
  indexOf(address: PictureAddress): number {
    return indexOf(this.pictures, address)
  }

  /** What stands in it, by which tools are offered. */
  get sight(): Sight {
    const { content, failure, making, others, picture, pictures, slide, taken, view } = this
    return sightOf({
      ...{ picture, others, count: pictures.length, hasContent: content !== undefined },
      ...{ hasFailed: failure !== undefined, isSlide: slide !== undefined, isMade: making.made !== undefined },
      ...{ isRefused: making.refusal !== undefined, isDrawable: view.fault === undefined },
      isVolume: canAsk(content?.series.modality ?? '', taken),
    })
  }

  /** To what stands in it: pictures, or a document or a slide instead of them. */
  act(meant: ImageKey): void {
    const { sight, stack } = this
    if (sight !== 'slide' && sight !== 'document') return stack && actOn(stack, meant)
    const view = this.querySelector<PdfView | SlideView>('tierread-slide, tierread-pdf')
    if (meant.kind === 'zoom') view?.zoomBy(meant.factor)
    if (meant.kind === 'reset') view?.fit()
    if (meant.kind === 'step') this.querySelector<PdfView>('tierread-pdf')?.turn(Math.sign(meant.by))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.asked++
    this.close()
  }

  private close(): void {
    this.dropStack()
    this.making.close()
  }

  private dropStack(): void {
    this.stack?.close()
    this.stack = undefined
  }

  /** Before it is drawn: the pictures of one series never stand under the name of another. */
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('content')) void this.open()
    if (changed.has('tool')) this.stack?.use(this.tool)
    if (changed.has('marks')) this.stack?.marks.put(this.marks ?? [])
  }

  /** What was drawn under another cell is drawn again, now that it is seen. */
  protected override updated(changed: PropertyValues): void {
    if (changed.get('covered') === true && !this.covered) {
      this.stack?.drawAgain()
      this.noteSlide()
    }
    const { over, picture } = this
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.over')
    if (over && picture && canvas) over.draw(canvas, picture, this.how, this.stack?.affineOf(picture.imageId))
  }

  private async open(): Promise<void> {
    const asked = ++this.asked
    const { content, contents } = this
    this.pictures = this.taken = []
    this.others = []
    this.slide = undefined
    this.slideIsDrawn = false
    this.view = NOTHING_SHOWN
    this.failure = this.preview = undefined
    this.lacking = false
    this.changed()
    if (!content || !contents) return this.close()
    const { series, look } = content
    try {
      const { pictures, others, slide } = await contents.of(series)
      if (slide) await import('../slide/slide-view')
      if (asked !== this.asked) return
      this.slide = slide
      this.taken = pictures
      this.others = others
      this.pictures = await this.making.of(pictures, content.reformat)
      if (asked !== this.asked) return
      this.seen.expect(series, pictures)
      if (this.making.refusal || slide) this.dropStack()
      const start = openingPlace(this.pictures, content, { shown: this.shown, isMade: this.making.made !== undefined })
      const first = this.pictures[start] ?? this.pictures[0]
      if (!first) return this.changed()
      if (this.isAsTaken && !isCached(first)) this.preview = previewOf(series, first)
      this.view = { ...NOTHING_SHOWN, index: start }
      this.changed()
      await this.updateComplete
      const stack = await this.stackInPlace()
      if (asked !== this.asked) return
      const showing = stack?.show(this.pictures, this.pictures[start] ? start : 0, look)
      this.making.settle()
      await showing
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked === this.asked) this.fail(series, error)
    }
  }

  private noteSlide(): void {
    if (this.slideIsDrawn && !this.covered && this.getClientRects().length > 0) this.seen.noteSlide()
  }

  private fail(series: Series, error: Problem | Unreachable): void {
    this.shown?.lose(series.seriesUid)
    this.failure = wordsFor(error)
    this.changed()
    this.tell('images-shown')
  }

  private async stackInPlace(): Promise<Stack | undefined> {
    if (this.stack) return this.stack
    const { Stack: Viewport } = await import('../stack')
    const element = this.querySelector<HTMLDivElement>('.viewport')
    if (!element || !this.isConnected) return undefined
    this.stack ??= new Viewport(element, {
      onView: (view) => {
        this.view = view
        if (view.quality !== 'none') this.preview = undefined
        if (view.fault) this.seen.noteFailed(this.pictures[view.index], view.fault)
        this.changed()
      },
      onDisplayed: (picture) => {
        if (!this.covered && this.getClientRects().length > 0) this.seen.notePicture(picture)
      },
      onFailed: (picture, fault) => {
        this.lacking = true
        if (this.content?.trying) this.seen.noteFailed(picture, fault)
        this.changed()
      },
      onMarks: (change) => this.tell<MarkChange>('marks-changed', change),
    })
    this.stack.use(this.tool)
    this.stack.marks.put(this.marks ?? [])
    return this.stack
  }

  /** More slices are there of what is made of them. */
  private progressed(): void {
    this.lacking = (this.making.made?.progress.failed ?? 0) > 0
    if (this.view.quality !== 'full') this.stack?.again()
    this.changed()
  }

  private changed(): void {
    this.requestUpdate()
    this.tell('cell-view')
  }

  /** Pictures were asked for, and are not there. */
  private get waits(): boolean {
    return this.content !== undefined && this.failure === undefined
  }

  override render(): TemplateResult {
    const { picture, series } = this
    return html`<div
        class="viewport"
        aria-label=${text('desk.viewport')}
        role="img"
        tabindex="0"
        @contextmenu=${(event: Event) => event.preventDefault()}
      ></div>
      ${this.preview ? html`<img class="preview" src=${this.preview} alt="" @error=${this.dropPreview} />` : nothing}
      ${picture && this.over ? laidOver(this.over, picture, this.how) : nothing}
      ${series && picture ? overlay({ series, picture, count: this.pictures.length, view: this.view, made: this.making.made }) : nothing}
      ${picture ? referenceLine(picture, this.stack, this.reference) : nothing}
      ${series?.earlier ? html`<p class="earlier">${text('desk.earlier', { on: day(series.earlier) })}</p>` : nothing}
      ${picture && series ? html`${otherPerson(picture, series.seriesUid, this.otherPersons ?? [])} ${keyImage(picture, this.marks ?? [])}` : nothing}
      ${
        this.slide && series
          ? slideIn(this.slide, series, this.otherPersons ?? [], {
              onDrawn: () => {
                this.slideIsDrawn = true
                this.noteSlide()
              },
              onFailed: (fault) => this.seen.noteSlideFailed(fault),
            })
          : nothing
      }
      ${this.pictures.length > 0 || this.slide ? besidePictures(this) : this.waits ? instead(this, this.making.refusal, () => this.tell('cell-as-taken')) : nothing}
      ${messageOver({ failure: this.failure, view: this.view, lacking: this.lacking, onTry: () => this.tell('cell-try') })}`
  }

  private readonly dropPreview = (): void => {
    this.preview = undefined
    this.requestUpdate()
  }
}
customElements.define('tierread-cell', Cell)
