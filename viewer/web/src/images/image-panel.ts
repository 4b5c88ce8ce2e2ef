/** Pictures of studies: the series to choose from, tools, and the viewport; Cornerstone comes when it is needed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { OtherPerson, ScreenState } from '../api/shapes'
import { Problem, Unreachable } from '../api/problem'
import { named, text } from '../language'
import { Part } from '../part'
import { wordsFor } from '../shell/trouble'
import { accountOf, type Account } from './account'
import type { Fault } from './faults'
import { imageKeyOf } from './image-keys'
import { objectList } from './object-list'
import { canBeSeen, undrawnIn, type OtherObject } from './other-objects'
import { otherPerson } from './other-person'
import { overlay } from './overlay'
import type { Picture } from './pictures'
import { contentsOf, previewOf, seriesOf, type Series } from './series'
import { seriesStrip } from './series-strip'
import type { ShownSeries } from './shown-series'
import type { Stack, StackView, ToolName } from './stack'
import { toolbar } from './toolbar'
import { presetsFor, type Window } from './window-level'

/** A stack of more pictures opens in its middle. */
const LONG = 20

const NOTHING_SHOWN: StackView = {
  index: 0,
  window: null,
  zoom: null,
  inverted: false,
  quality: 'none',
  fault: undefined,
  fromServer: false,
}

/** Tells `images-shown` when more of a series was shown. */
export class ImagePanel extends Part {
  static override properties = {
    client: { attribute: false },
    studies: { attribute: false },
    imageSet: {},
    shown: { attribute: false },
    toSee: { attribute: false },
    documents: { attribute: false },
    otherPersons: { attribute: false },
    restored: { attribute: false },
  }
  declare client: Client
  declare studies: readonly string[]
  /** Changes when images came or went: then everything is fetched anew. */
  declare imageSet: string
  /** Where to note what was shown; nothing for priors. */
  declare shown: ShownSeries | undefined
  /** The series that a signature accounts for, each with the number of its pictures and documents. */
  declare toSee: Readonly<Record<string, number>> | undefined
  /** The documents among their objects, which have to be opened. */
  declare documents: readonly string[] | undefined
  /** The images that say they are of somebody else. */
  declare otherPersons: readonly OtherPerson[] | undefined
  /** What was on the screen when the case was put aside, to begin with. */
  declare restored: ScreenState | undefined

  private series: readonly Series[] | undefined
  private current: Series | undefined
  private pictures: readonly Picture[] = []
  private others: readonly OtherObject[] = []
  private view: StackView = NOTHING_SHOWN
  private tool: ToolName = 'window'
  private failure: string | undefined
  /** A picture of the series could not be fetched, though others can be looked at. */
  private lacking = false
  /** The person tries the series again: what fails now, on the screen or behind it, cannot be shown. */
  private trying = false
  private preview: string | undefined
  private stack: Stack | undefined
  private asked = 0

  /** What is left to look at, and what could not be shown; undefined before the series are known. */
  get account(): Account | undefined {
    return this.series && this.shown && accountOf(this.series, this.shown, this.toSee ?? {})
  }

  /** What is on the screen, without the earlier case beside it; undefined before there is anything. */
  get screen(): Omit<ScreenState, 'prior'> | undefined {
    const { current, stack, view } = this
    if (!current || !stack) return undefined
    const { window, inverted } = stack.look
    return { series_uid: current.seriesUid, index: view.index, window, inverted, marks: stack.marks(this.studies) }
  }

  /** Opens a series where something of it is left to look at, or tries it again. */
  goTo(seriesUid: string): void {
    const series = this.series?.find((each) => each.seriesUid === seriesUid)
    if (!series) return
    const next = series === this.current ? this.firstUnseen() : -1
    if (next >= 0) this.stack?.goTo(next)
    else if (series === this.current) this.tryAgain()
    else void this.choose(series)
  }

  /** The next picture that is left to look at, in this series or the next one. */
  nextUnseen(): void {
    const next = this.firstUnseen(this.view.index + 1)
    const [series] = this.account?.left.filter(({ seriesUid }) => seriesUid !== this.current?.seriesUid) ?? []
    if (next >= 0) this.stack?.goTo(next)
    else if (series) void this.choose(series)
  }

  /** Counted from 0, at `from` or behind it, else from the beginning; -1 where none is left. */
  private firstUnseen(from = 0): number {
    const { current, shown } = this
    if (!current || !shown) return -1
    const open = this.pictures.flatMap(({ imageId }, index) =>
      shown.isDone(current.seriesUid, imageId) ? [] : [index],
    )
    return open.find((index) => index >= from) ?? open[0] ?? -1
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    this.asked++
    this.stack?.close()
    this.stack = undefined
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('imageSet')) void this.open()
  }

  private async open(): Promise<void> {
    const asked = ++this.asked
    this.failure = undefined
    try {
      const series = await seriesOf(this.client, this.studies)
      if (asked !== this.asked) return
      this.series = series
      this.tell('images-shown')
      const again = series.find(({ seriesUid }) => seriesUid === this.current?.seriesUid)
      const before = again ? undefined : series.find(({ seriesUid }) => seriesUid === this.restored?.series_uid)
      const first = again ?? before ?? series[0]
      const index = again ? this.view.index : before && this.restored?.index
      if (first) await this.choose(first, index, before && this.restored)
    } catch (error) {
      this.fail(error, asked)
    }
    this.requestUpdate()
  }

  /** The line is back: what did not come for want of it is asked for again. */
  lineIsBack(): void {
    if (this.failure !== undefined) void this.open()
  }

  private tryAgain(): void {
    this.trying = true
    void this.open()
  }

  private async choose(series: Series, index?: number, look?: ScreenState): Promise<void> {
    const asked = ++this.asked
    this.trying &&= series.seriesUid === this.current?.seriesUid
    this.current = series
    this.pictures = []
    this.others = []
    this.view = NOTHING_SHOWN
    this.failure = undefined
    this.lacking = false
    this.preview = undefined
    this.requestUpdate()
    try {
      const { pictures, others } = await contentsOf(this.client, series, this.shown?.contentOf(series.seriesUid) ?? '')
      if (asked !== this.asked) return
      this.pictures = pictures
      this.others = others
      const documents = others.filter((object) => this.isDocument(object))
      const closed = documents.filter((object) => object.frames === 0 && !canBeSeen(object)).length
      const readable = documents.filter(canBeSeen).length
      this.shown?.expect(series.seriesUid, pictures.length + readable, undrawnIn(others) + closed)
      this.noteRead()
      const middle = pictures.length > LONG ? Math.floor(pictures.length / 2) : 0
      const started = pictures.some(({ imageId }) => this.shown?.wasDisplayed(series.seriesUid, imageId))
      const start = index ?? (started ? Math.max(0, this.firstUnseen()) : middle)
      const first = pictures[start] ?? pictures[0]
      if (!first) return this.requestUpdate()
      this.preview = previewOf(series, first)
      this.view = { ...NOTHING_SHOWN, index: start }
      this.requestUpdate()
      await this.updateComplete
      const stack = await this.stackInPlace()
      if (asked === this.asked) await stack?.show(pictures, pictures[start] ? start : 0, look, this.restored?.marks)
    } catch (error) {
      if (asked === this.asked) this.shown?.lose(series.seriesUid)
      this.fail(error, asked)
    }
  }

  private async stackInPlace(): Promise<Stack | undefined> {
    if (this.stack) return this.stack
    const { Stack: Viewport } = await import('./stack')
    const element = this.querySelector<HTMLDivElement>('.viewport')
    if (!element || !this.isConnected) return undefined
    this.stack ??= new Viewport(element, {
      onView: (view) => {
        this.view = view
        if (view.quality !== 'none') this.preview = undefined
        if (view.fault) this.noteFailed(this.pictures[view.index], view.fault)
        this.requestUpdate()
      },
      onDisplayed: (picture) => this.noteOf(picture),
      onFailed: (picture, fault) => {
        this.lacking = true
        if (this.trying) this.noteFailed(picture, fault)
        this.requestUpdate()
      },
    })
    return this.stack
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
    if (this.pictures.includes(picture)) this.note(picture)
  }

  /** What nothing here draws fails for all frames of its instance alike. */
  private noteFailed(picture: Picture | undefined, fault: Fault): void {
    const series = this.current
    if (!series || !this.shown || !picture || !this.pictures.includes(picture)) return
    const alike = this.pictures.filter((each) => each.instanceUid === picture.instanceUid)
    for (const { imageId } of fault === 'unsupported' ? alike : [picture])
      this.shown.failed(series.seriesUid, imageId, fault)
    this.tell('images-shown')
  }

  private note({ imageId }: Pick<Picture, 'imageId'>): void {
    const series = this.current
    if (!series || !this.shown || this.shown.wasDisplayed(series.seriesUid, imageId)) return
    this.shown.displayed(series.seriesUid, imageId)
    this.requestUpdate()
    this.tell('images-shown')
  }

  private fail(error: unknown, asked: number): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    if (asked !== this.asked) return
    this.failure = wordsFor(error)
    this.requestUpdate()
    this.tell('images-shown')
  }

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    const elsewhere = target.closest('tierread-images') !== null && !this.contains(target)
    if (target.closest('input, textarea, select, dialog, [role=tablist]') || elsewhere) return
    const meant = imageKeyOf(event, presetsFor(this.current?.modality ?? ''))
    if (!meant) return
    event.preventDefault()
    if (meant.kind === 'unseen') this.nextUnseen()
    if (!this.stack) return
    if (meant.kind === 'tool') this.use(meant.tool)
    if (meant.kind === 'window') this.stack.setWindow(meant.window)
    if (meant.kind === 'step') this.stack.step(meant.by)
    if (meant.kind === 'zoom') this.stack.zoomBy(meant.factor)
    if (meant.kind === 'invert') this.stack.invert()
    if (meant.kind === 'reset') this.stack.reset()
  }

  private use(tool: ToolName): void {
    this.tool = tool
    this.stack?.use(tool)
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { current, series } = this
    const picture = this.pictures[this.view.index]
    return html`${toolbar({
        tool: this.tool,
        inverted: this.view.inverted,
        presets: presetsFor(current?.modality ?? ''),
        onTool: (tool) => this.use(tool),
        onWindow: (window: Window) => this.stack?.setWindow(window),
        onInvert: () => this.stack?.invert(),
        onReset: () => this.stack?.reset(),
        onClear: () => this.stack?.clearMeasurements(),
      })}
      <div class="stage">
        <div
          class="viewport"
          aria-label=${text('desk.viewport')}
          role="img"
          tabindex="0"
          @contextmenu=${(event: Event) => event.preventDefault()}
        ></div>
        ${this.preview ? html`<img class="preview" src=${this.preview} alt="" @error=${() => this.dropPreview()} />` : nothing}
        ${current && picture ? overlay({ series: current, picture, count: this.pictures.length, view: this.view }) : nothing}
        ${picture ? otherPerson(picture.instanceUid, this.otherPersons ?? []) : nothing} ${this.waiting()}
        ${this.beside()} ${this.trouble()}
      </div>
      ${this.pictures.length > 1 ? this.slider() : nothing}
      ${series ? seriesStrip({ series, current, shown: this.shown, account: this.account, otherPersons: this.otherPersons ?? [], onChoose: (each) => void this.choose(each) }) : nothing}`
  }

  /** A picture that cannot be shown is covered: under it may still lie the one before. */
  private trouble(): TemplateResult | typeof nothing {
    const failed = this.view.quality === 'failed'
    const words =
      this.failure ??
      (failed ? text('desk.picture-failed', { why: named('unseen', this.view.fault ?? 'not_drawn') }) : undefined)
    const about = words ?? (this.lacking ? text('desk.image-failed') : undefined)
    if (about === undefined) return nothing
    return html`<div class="message ${failed ? 'instead' : ''} ${words === undefined ? 'beside' : ''}" role="alert">
      <p>${about}</p>
      <button @click=${() => this.tryAgain()}>${text('common.try-again')}</button>
    </div>`
  }

  private waiting(): TemplateResult | typeof nothing {
    if (this.failure || this.pictures.length > 0) return nothing
    if (this.others.length > 0) return objectList(this.others, (object) => this.opened(object))
    const nothingToSee = this.series?.length === 0
    return html`<p class="message" role="status">${nothingToSee ? text('desk.no-images') : text('common.loading')}</p>`
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

  /** Which pictures of the series were drawn: the gaps in it are left to look at. */
  private seenBar(): TemplateResult | typeof nothing {
    const { current, shown, pictures } = this
    if (!current || !shown) return nothing
    const steps = pictures.flatMap(({ imageId }, index) => {
      const colour = shown.wasDisplayed(current.seriesUid, imageId) ? 'var(--success)' : 'transparent'
      const [from, to] = [index, index + 1].map((edge) => `${((100 * edge) / pictures.length).toFixed(2)}%`)
      return [`${colour} ${from} ${to}`]
    })
    return html`<div class="seen-bar" style="background: linear-gradient(to right, ${steps.join()})"></div>`
  }

  private slider(): TemplateResult {
    return html`<div class="slices">
      ${this.seenBar()}
      <input
        class="slider"
        type="range"
        min="1"
        max=${this.pictures.length}
        .value=${String(this.view.index + 1)}
        aria-label=${text('desk.slice')}
        aria-valuetext=${text('desk.slice-of', { n: this.view.index + 1, count: this.pictures.length })}
        @input=${(event: Event) => this.stack?.goTo(Number((event.target as HTMLInputElement).value) - 1)}
      />
    </div>`
  }
}
customElements.define('tierread-images', ImagePanel)
