/** A cell: one viewport with one series in it, what lies over its pictures, and what of them failed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Mark, MarkChange, OtherPerson } from '../../api/shapes'
import { Problem, Unreachable } from '../../api/problem'
import { day, text } from '../../language'
import { Part } from '../../part'
import { wordsFor } from '../../shell/trouble'
import type { Fault } from '../faults'
import { keyImage } from '../key-image'
import { objectList } from '../object-list'
import { canBeSeen, undrawnIn, type OtherObject } from '../other-objects'
import { otherPerson } from '../other-person'
import { overlay } from '../overlay'
import type { Picture } from '../pictures'
import { previewOf, type Series } from '../series'
import type { ShownSeries } from '../shown-series'
import type { Look, Stack, StackView } from '../stack'
import type { ToolName } from '../tools/tool-names'
import { UPRIGHT } from '../tools/orientation'
import type { SeriesContents } from './contents'
import { messageOver } from './messages'
import type { Plane } from './planes'
import { referenceLine } from './reference-line'

/** A stack of more pictures opens in its middle. */
const LONG = 20

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

/** Frames count from 1. */
export type PictureAddress = Pick<Mark, 'instance_uid' | 'frame'>

/** What a cell is to show; another object, though of the same series, is opened anew. */
export type CellContent = {
  readonly series: Series
  /** Of the picture to begin with, from 0; without it what is left to look at, or the middle. */
  readonly index?: number | undefined
  /** The picture to begin with, instead of an index. */
  readonly at?: PictureAddress | undefined
  readonly look?: Look | undefined
  /** The person tries the series again: what fails now, on the screen or behind it, cannot be shown. */
  readonly trying?: boolean
}

/**
 * Tells `images-shown` when more of a series was shown, `cell-view` when what is on the screen changed, and
 * `marks-changed` when the person drew.
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

  pictures: readonly Picture[] = []
  view: StackView = NOTHING_SHOWN
  stack: Stack | undefined
  failure: string | undefined
  private others: readonly OtherObject[] = []
  /** A picture of the series could not be fetched, though others can be looked at. */
  private lacking = false
  private preview: string | undefined
  private asked = 0

  get series(): Series | undefined {
    return this.content?.series
  }

  /** Counted from 0, at `from` or behind it, else from the beginning; -1 where none is left. */
  firstUnseen(from = 0): number {
    const { series, shown } = this
    if (!series || !shown) return -1
    const open = this.pictures.flatMap(({ imageId }, index) => (shown.isDone(series.seriesUid, imageId) ? [] : [index]))
    return open.find((index) => index >= from) ?? open[0] ?? -1
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
  indexOf({ instance_uid, frame }: PictureAddress): number {
    return this.pictures.findIndex((each) => each.instanceUid === instance_uid && each.frame === frame)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.asked++
    this.close()
  }

  private close(): void {
    this.stack?.close()
    this.stack = undefined
  }

  /** Before it is drawn: the pictures of one series never stand under the name of another. */
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('content')) void this.open()
    if (changed.has('tool')) this.stack?.use(this.tool)
    if (changed.has('marks')) this.stack?.putMarks(this.marks ?? [])
  }

  /** What was drawn under another cell is drawn again, now that it is seen. */
  protected override updated(changed: PropertyValues): void {
    if (changed.get('covered') === true && !this.covered) this.stack?.drawAgain()
  }

  private async open(): Promise<void> {
    const asked = ++this.asked
    const { content, contents } = this
    this.pictures = []
    this.others = []
    this.view = NOTHING_SHOWN
    this.failure = undefined
    this.lacking = false
    this.preview = undefined
    this.changed()
    if (!content || !contents) return this.close()
    const { series, look } = content
    try {
      const { pictures, others } = await contents.of(series)
      if (asked !== this.asked) return
      this.pictures = pictures
      this.others = others
      this.expect(series)
      const start = this.startOf(content)
      const first = pictures[start] ?? pictures[0]
      if (!first) return this.changed()
      this.preview = previewOf(series, first)
      this.view = { ...NOTHING_SHOWN, index: start }
      this.changed()
      await this.updateComplete
      const stack = await this.stackInPlace()
      if (asked === this.asked) await stack?.show(pictures, pictures[start] ? start : 0, look)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked === this.asked) this.fail(series, error)
    }
  }

  private fail(series: Series, error: Problem | Unreachable): void {
    this.shown?.lose(series.seriesUid)
    this.failure = wordsFor(error)
    this.changed()
    this.tell('images-shown')
  }

  private expect({ seriesUid }: Series): void {
    const documents = this.others.filter((object) => this.isDocument(object))
    const closed = documents.filter((object) => object.frames === 0 && !canBeSeen(object)).length
    const readable = documents.filter(canBeSeen).length
    this.shown?.expect(seriesUid, this.pictures.length + readable, undrawnIn(this.others) + closed)
    this.noteRead()
  }

  private startOf({ series: { seriesUid }, index, at }: CellContent): number {
    const asked = at ? this.indexOf(at) : -1
    if (asked >= 0) return asked
    const middle = this.pictures.length > LONG ? Math.floor(this.pictures.length / 2) : 0
    const started = this.pictures.some(({ imageId }) => this.shown?.wasDisplayed(seriesUid, imageId))
    return index ?? (started ? Math.max(0, this.firstUnseen()) : middle)
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
        if (view.fault) this.noteFailed(this.pictures[view.index], view.fault)
        this.changed()
      },
      onDisplayed: (picture) => this.noteOf(picture),
      onFailed: (picture, fault) => {
        this.lacking = true
        if (this.content?.trying) this.noteFailed(picture, fault)
        this.changed()
      },
      onMarks: (change) => this.tell<MarkChange>('marks-changed', change),
    })
    this.stack.use(this.tool)
    this.stack.putMarks(this.marks ?? [])
    return this.stack
  }

  private changed(): void {
    this.requestUpdate()
    this.tell('cell-view')
  }

  /** What is read at a glance, once its list is open: all but what a click opens. */
  private noteRead(): void {
    if (this.pictures.length > 0 && !this.querySelector<HTMLDetailsElement>('details.others')?.open) return
    for (const object of this.others)
      if (canBeSeen(object) && !object.address && this.isDocument(object)) this.note({ imageId: object.instanceUid })
  }

  private isDocument({ instanceUid }: OtherObject): boolean {
    return this.documents?.includes(instanceUid) === true
  }

  /** A picture of the series before may come late: the series that is chosen now was not shown by that. */
  private noteOf(picture: Picture): void {
    const isSeen = !this.covered && this.getClientRects().length > 0
    if (isSeen && this.pictures.includes(picture)) this.note(picture)
  }

  /** What nothing here draws fails for all frames of its instance alike. */
  private noteFailed(picture: Picture | undefined, fault: Fault): void {
    const { series } = this
    if (!series || !this.shown || !picture || !this.pictures.includes(picture)) return
    const alike = this.pictures.filter((each) => each.instanceUid === picture.instanceUid)
    for (const { imageId } of fault === 'unsupported' ? alike : [picture])
      this.shown.failed(series.seriesUid, imageId, fault)
    this.tell('images-shown')
  }

  private note({ imageId }: Pick<Picture, 'imageId'>): void {
    const { series } = this
    if (!series || !this.shown || this.shown.wasDisplayed(series.seriesUid, imageId)) return
    this.shown.displayed(series.seriesUid, imageId)
    this.requestUpdate()
    this.tell('images-shown')
  }

  override render(): TemplateResult {
    const { series } = this
    const picture = this.pictures[this.view.index]
    return html`<div
        class="viewport"
        aria-label=${text('desk.viewport')}
        role="img"
        tabindex="0"
        @contextmenu=${(event: Event) => event.preventDefault()}
      ></div>
      ${this.preview ? html`<img class="preview" src=${this.preview} alt="" @error=${() => this.dropPreview()} />` : nothing}
      ${series && picture ? overlay({ series, picture, count: this.pictures.length, view: this.view }) : nothing}
      ${picture ? referenceLine(picture, this.stack, this.reference) : nothing}
      ${series?.earlier ? html`<p class="earlier">${text('desk.earlier', { on: day(series.earlier) })}</p>` : nothing}
      ${picture ? html`${otherPerson(picture.instanceUid, this.otherPersons ?? [])} ${keyImage(picture, this.marks ?? [])}` : nothing}
      ${this.waiting()} ${this.beside()}
      ${messageOver({ failure: this.failure, view: this.view, lacking: this.lacking, onTry: () => this.tell('cell-try') })}`
  }

  private waiting(): TemplateResult | typeof nothing {
    if (!this.content || this.failure || this.pictures.length > 0) return nothing
    if (this.others.length > 0) return objectList(this.others, (object) => this.opened(object))
    return html`<p class="message" role="status">${text('common.loading')}</p>`
  }

  /** Objects beside the pictures of a series. */
  private beside(): TemplateResult | typeof nothing {
    if (this.pictures.length === 0 || this.others.length === 0) return nothing
    return html`<details class="others" @toggle=${() => this.noteRead()}>
      <summary>${text('desk.others', { n: this.others.length })}</summary>
      ${objectList(this.others, (object) => this.opened(object))}
    </details>`
  }

  private opened(object: OtherObject): void {
    if (this.isDocument(object)) this.note({ imageId: object.instanceUid })
  }

  private dropPreview(): void {
    this.preview = undefined
    this.requestUpdate()
  }
}
customElements.define('tierread-cell', Cell)
