/** Pictures of studies: the series to choose from, tools, and the cells with pictures; Cornerstone comes when it is needed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { OtherPerson, ScreenState } from '../api/shapes'
import { Problem, Unreachable } from '../api/problem'
import { text } from '../language'
import { Part } from '../part'
import { wordsFor } from '../shell/trouble'
import { accountOf, type Account } from './account'
import { imageKeyOf } from './image-keys'
import './layout/cell'
import type { Cell, CellContent } from './layout/cell'
import { slices } from './layout/slices'
import { seriesOf, type Series } from './series'
import { seriesStrip } from './series-strip'
import type { ShownSeries } from './shown-series'
import type { ToolName } from './stack'
import { toolbar } from './toolbar'
import { presetsFor, type Window } from './window-level'

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

  series: readonly Series[] | undefined
  private content: CellContent | undefined
  private tool: ToolName = 'window'
  private failure: string | undefined
  private asked = 0

  /** What is left to look at, and what could not be shown; undefined before the series are known. */
  get account(): Account | undefined {
    return this.series && this.shown && accountOf(this.series, this.shown, this.toSee ?? {})
  }

  /** What is on the screen, without the earlier case beside it; undefined before there is anything. */
  get screen(): Omit<ScreenState, 'prior'> | undefined {
    const { series, stack, view } = this.cell ?? {}
    if (!series || !stack || !view) return undefined
    const { window, inverted } = stack.look
    return { series_uid: series.seriesUid, index: view.index, window, inverted, marks: stack.marks(this.studies) }
  }

  /** Opens a series where something of it is left to look at, or tries it again. */
  goTo(seriesUid: string): void {
    const series = this.series?.find((each) => each.seriesUid === seriesUid)
    if (!series) return
    const isOpen = seriesUid === this.content?.series.seriesUid
    const next = isOpen ? (this.cell?.firstUnseen() ?? -1) : -1
    if (next >= 0) this.cell?.stack?.goTo(next)
    else if (isOpen) void this.open(true)
    else this.choose(series)
  }

  /** The next picture that is left to look at, in this series or the next one. */
  nextUnseen(): void {
    const { cell } = this
    const next = cell?.firstUnseen(cell.view.index + 1) ?? -1
    const [series] = this.account?.left.filter(({ seriesUid }) => seriesUid !== cell?.series?.seriesUid) ?? []
    if (next >= 0) cell?.stack?.goTo(next)
    else if (series) this.choose(series)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    this.asked++
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('imageSet')) void this.open()
  }

  private async open(trying = false): Promise<void> {
    const asked = ++this.asked
    this.failure = undefined
    try {
      const series = await seriesOf(this.client, this.studies)
      if (asked !== this.asked) return
      this.series = series
      this.tell('images-shown')
      this.content = this.contentOf(series, trying)
    } catch (error) {
      this.fail(error, asked)
    }
    this.requestUpdate()
  }

  /** What is on the screen stays there; else what was there when the case was put aside, or the first series. */
  private contentOf(series: readonly Series[], trying: boolean): CellContent | undefined {
    const { cell, content, restored } = this
    const again = series.find(({ seriesUid }) => seriesUid === content?.series.seriesUid)
    if (again && cell) return cell.again(again, trying)
    const before = restored && series.find(({ seriesUid }) => seriesUid === restored.series_uid)
    if (before) return { series: before, index: restored.index, look: restored, marks: restored.marks }
    return series[0] && { series: series[0] }
  }

  /** The line is back: what did not come for want of it is asked for again. */
  lineIsBack(): void {
    if (this.failure !== undefined || this.cell?.failure !== undefined) void this.open()
  }

  choose(series: Series): void {
    this.content = { series, marks: this.restored?.marks }
    this.requestUpdate()
  }

  private get cell(): Cell | null {
    return this.querySelector<Cell>('tierread-cell')
  }

  private fail(error: unknown, asked: number): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    if (asked !== this.asked) return
    this.failure = wordsFor(error)
    this.tell('images-shown')
  }

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    const elsewhere = target.closest('tierread-images') !== null && !this.contains(target)
    if (target.closest('input, textarea, select, dialog, [role=tablist]') || elsewhere) return
    const meant = imageKeyOf(event, presetsFor(this.content?.series.modality ?? ''))
    if (!meant) return
    event.preventDefault()
    if (meant.kind === 'unseen') this.nextUnseen()
    const stack = this.cell?.stack
    if (!stack) return
    if (meant.kind === 'tool') this.use(meant.tool)
    if (meant.kind === 'window') stack.setWindow(meant.window)
    if (meant.kind === 'step') stack.step(meant.by)
    if (meant.kind === 'zoom') stack.zoomBy(meant.factor)
    if (meant.kind === 'invert') stack.invert()
    if (meant.kind === 'reset') stack.reset()
  }

  private use(tool: ToolName): void {
    this.tool = tool
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { cell, content, series, shown } = this
    const current = content?.series
    return html`${toolbar({
        tool: this.tool,
        inverted: cell?.view.inverted === true,
        presets: presetsFor(current?.modality ?? ''),
        onTool: (tool) => this.use(tool),
        onWindow: (window: Window) => this.cell?.stack?.setWindow(window),
        onInvert: () => this.cell?.stack?.invert(),
        onReset: () => this.cell?.stack?.reset(),
        onClear: () => this.cell?.stack?.clearMeasurements(),
      })}
      <div class="stage" @cell-view=${() => this.requestUpdate()} @images-shown=${() => this.requestUpdate()}>
        <tierread-cell
          .client=${this.client}
          .content=${content}
          .shown=${shown}
          .documents=${this.documents}
          .otherPersons=${this.otherPersons}
          .tool=${this.tool}
          @cell-try=${() => void this.open(true)}
        ></tierread-cell>
        ${this.message()}
      </div>
      ${
        cell && current && cell.pictures.length > 1
          ? slices({
              series: current,
              pictures: cell.pictures,
              index: cell.view.index,
              shown,
              onSlice: (index) => this.cell?.stack?.goTo(index),
            })
          : nothing
      }
      ${
        series
          ? seriesStrip({
              series,
              current,
              shown,
              account: this.account,
              otherPersons: this.otherPersons ?? [],
              onChoose: (each) => this.choose(each),
            })
          : nothing
      }`
  }

  /** Where the series themselves are not known, or there are none. */
  private message(): TemplateResult | typeof nothing {
    if (this.failure !== undefined)
      return html`<div class="message" role="alert">
        <p>${this.failure}</p>
        <button @click=${() => void this.open(true)}>${text('common.try-again')}</button>
      </div>`
    if (this.content) return nothing
    const nothingToSee = this.series?.length === 0
    return html`<p class="message" role="status">${nothingToSee ? text('desk.no-images') : text('common.loading')}</p>`
  }
}
customElements.define('tierread-images', ImagePanel)
