/** Pictures of studies: the series to choose from, tools, and the cells with pictures; Cornerstone comes when it is needed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { Mark, OtherPerson, Prior, ScreenState } from '../api/shapes'
import { Problem, Unreachable } from '../api/problem'
import { text } from '../language'
import { Part } from '../part'
import { wordsFor } from '../shell/trouble'
import { accountOf, type Account } from './account'
import { imageKeyOf, type ImageKey } from './image-keys'
import './layout/cell'
import type { Cell, CellContent } from './layout/cell'
import { chooseGrid, chosenGrid } from './layout/chosen-grids'
import { SeriesContents } from './layout/contents'
import { withEarlier, withoutEarlier } from './layout/earlier'
import { activated, put, sizeOf, stepped, type Grid } from './layout/grid'
import { openPicker } from './layout/grid-picker'
import type { Hangable } from './layout/hangable'
import { layoutBar } from './layout/layout-bar'
import { layoutKeyOf, type LayoutKey } from './layout/layout-keys'
import { Links } from './layout/links'
import { inGrid, NOTHING, opened, type Placed } from './layout/placing'
import { planeOf, type Plane } from './layout/planes'
import { slices } from './layout/slices'
import { seriesOf, type Series } from './series'
import { DRAGGED, seriesStrip } from './series-strip'
import type { ShownSeries } from './shown-series'
import type { ToolName } from './tools/tool-names'
import { toolbar } from './toolbar'
import { presetsFor, type Window } from './window-level'

/** A screen with room for one cell. */
const NARROW = matchMedia('(width < 900px)')
/** Tools by which a double click means nothing of their own. */
const OF_THE_HAND: ReadonlySet<ToolName> = new Set(['window', 'zoom', 'pan', 'scroll'])

/** Tells `images-shown` when more of a series was shown, and `marks-changed` when the person drew. */
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
    marks: { attribute: false },
    prior: { attribute: false },
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
  /** The marks of the report, wherever they lie. */
  declare marks: readonly Mark[] | undefined
  /** The earlier case that is looked at beside this one. */
  declare prior: Prior | undefined

  series: readonly Series[] | undefined
  private contents: SeriesContents | undefined
  private items: readonly Hangable[] = []
  private placed: Placed = NOTHING
  private earlier: readonly Series[] = []
  private gridBefore: Grid | undefined
  private readonly links = new Links()
  /** Whether cells show where the slice of the active one lies. */
  private lines = true
  /** The active cell covers the others. */
  private enlarged = false
  /** A mark whose picture was asked for before its series was known. */
  private wanted: Mark | undefined
  private tool: ToolName = 'window'
  private failure: string | undefined
  private asked = 0

  /** What is left to look at, and what could not be shown; undefined before the series are known. */
  get account(): Account | undefined {
    return this.series && this.shown && accountOf(this.series, this.shown, this.toSee ?? {})
  }

  /** What is on the screen, without the earlier case beside it; undefined before there is anything. */
  get screen(): Omit<ScreenState, 'prior'> | undefined {
    const present = [this.cell, ...this.cells].find((cell) => cell?.series && !cell.series.earlier)
    const { series, stack, view } = present ?? {}
    if (!series || !stack || !view) return undefined
    const { window, inverted } = stack.look
    return { series_uid: series.seriesUid, index: view.index, window, inverted }
  }

  /** Opens a series where something of it is left to look at, or tries it again. */
  goTo(seriesUid: string): void {
    const series = this.series?.find((each) => each.seriesUid === seriesUid)
    if (!series) return
    const open = this.cells.findIndex((cell) => cell.series?.seriesUid === seriesUid)
    if (open < 0) return this.choose(series)
    this.activate(open)
    const next = this.cells[open]?.firstUnseen() ?? -1
    if (next >= 0) this.cells[open]?.stack?.goTo(next)
    else void this.open(open)
  }

  /** Opens the picture of a mark, where its series is on the screen, else in the active cell. */
  goToMark(mark: Mark): void {
    const open = this.cells.findIndex((cell) => cell.indexOf(mark) >= 0)
    const series = this.allSeries.find((each) => each.seriesUid === mark.series_uid)
    if (open >= 0) {
      this.activate(open)
      this.cells[open]?.stack?.goTo(this.cells[open].indexOf(mark))
    } else if (series) this.put({ series, at: mark })
    else this.wanted = mark
  }

  /** The picture in the active cell; undefined before there is one. */
  get picture(): Pick<Mark, 'study_uid' | 'series_uid' | 'instance_uid' | 'frame'> | undefined {
    const { pictures, series, view } = this.cell ?? {}
    const picture = view && pictures?.[view.index]
    if (!series || !picture) return undefined
    const { instanceUid: instance_uid, frame } = picture
    return { study_uid: series.studyUid, series_uid: series.seriesUid, instance_uid, frame }
  }

  /** The next picture that is left to look at, in this series or the next one. */
  nextUnseen(): void {
    const { cell } = this
    const next = cell?.firstUnseen(cell.view.index + 1) ?? -1
    const [series] = this.account?.left.filter(({ seriesUid }) => seriesUid !== cell?.series?.seriesUid) ?? []
    if (next >= 0) cell?.stack?.goTo(next)
    else if (series) this.goTo(series.seriesUid)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
    NARROW.addEventListener('change', this.redrawn)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    NARROW.removeEventListener('change', this.redrawn)
    this.forgetMarks([...this.studies, ...this.earlier.map(({ studyUid }) => studyUid)])
    this.asked++
  }

  /** Studies that are looked at no longer. */
  private forgetMarks(studies: readonly string[]): void {
    this.cells.find(({ stack }) => stack)?.stack?.forgetMarks(studies)
  }

  private readonly redrawn = (): void => this.requestUpdate()

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('studies')
    if (before && before.join() !== this.studies.join()) this.forgetMarks(before)
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('imageSet')) void this.open()
    else if (changed.has('prior')) void this.openEarlier()
  }

  /** Asks for everything anew; the person may try the series of a cell again. */
  private async open(tried?: number): Promise<void> {
    const asked = ++this.asked
    this.failure = undefined
    try {
      const series = await seriesOf(this.client, this.studies)
      const contents = new SeriesContents(this.client, (seriesUid) => this.shown?.contentOf(seriesUid) ?? '')
      if (asked === this.asked) {
        this.series = series
        this.tell('images-shown')
      }
      const items = await contents.hangables(series)
      if (asked !== this.asked) return
      this.contents = contents
      this.items = items
      this.placed = this.placedOf(series, items, tried)
      if (this.prior && this.earlier.length === 0) await this.openEarlier()
      this.goToWanted()
    } catch (error) {
      this.fail(error, asked)
    }
    this.requestUpdate()
  }

  /** What is on the screen stays there; where nothing is, the case is hung. */
  private placedOf(series: readonly Series[], items: readonly Hangable[], tried: number | undefined): Placed {
    const again = this.placed.cells.map((content, index) => {
      const same = [...series, ...this.earlier].find(({ seriesUid }) => seriesUid === content?.series.seriesUid)
      return same && this.cells[index]?.again(same, index === tried)
    })
    if (again.some((content) => content !== undefined)) return { ...this.placed, cells: again }
    this.links.begin(series[0]?.modality ?? '')
    return opened(NARROW.matches ? items.slice(0, 1) : items, this.chosenGrid(series), this.restored)
  }

  /** The earlier case that was chosen comes beside the present one, and the one before it goes. */
  private async openEarlier(): Promise<void> {
    const { prior, asked, contents } = this
    if (this.earlier.length > 0) this.placed = withoutEarlier(this.placed, this.gridBefore)
    this.forgetMarks(this.earlier.map(({ studyUid }) => studyUid))
    this.earlier = []
    this.requestUpdate()
    if (!prior || !contents) return
    try {
      const found = await seriesOf(this.client, prior.study_uids)
      const earlier = found.map((series) => ({ ...series, earlier: prior.examined_at }))
      const items = await contents.hangables(earlier)
      if (prior !== this.prior || asked !== this.asked) return
      this.earlier = earlier
      this.gridBefore = this.placed.grid
      const placed = this.placed.grid.rows > 1 ? this.asShown() : this.placed
      this.placed = withEarlier(placed, this.items, items)
      void this.updateComplete.then(() => this.goToWanted())
    } catch (error) {
      this.fail(error, asked)
    }
    this.requestUpdate()
  }

  private goToWanted(): void {
    const { wanted } = this
    this.wanted = undefined
    if (wanted) this.goToMark(wanted)
  }

  private get allSeries(): readonly Series[] {
    return [...(this.series ?? []), ...this.earlier]
  }

  private chosenGrid([first]: readonly Series[]): Grid | undefined {
    return first && chosenGrid(this.client.personId, first.modality)
  }

  /** The line is back: what did not come for want of it is asked for again. */
  lineIsBack(): void {
    if (this.failure !== undefined || this.cells.some(({ failure }) => failure !== undefined)) void this.open()
  }

  /** Puts a series into the active cell, or into another one, which becomes active. */
  choose(series: Series, index = this.placed.active): void {
    this.put({ series }, index)
  }

  private put(content: CellContent, index = this.placed.active): void {
    this.placed = activated(put(this.placed, index, content), index)
    this.requestUpdate()
  }

  /** Without one: as the protocols hang the case. */
  private chooseGrid(grid: Grid | undefined): void {
    const { series } = this
    const [first] = series ?? []
    if (!first) return
    chooseGrid(this.client.personId, first.modality, grid)
    this.enlarged = false
    const placed = this.placed.active < (grid ? sizeOf(grid) : 0) ? this.placed : this.asShown()
    this.placed = grid ? inGrid(placed, grid, this.items) : opened(this.items, undefined)
    this.requestUpdate()
  }

  /** What moves into another cell is to be shown there as it is here. */
  private asShown(): Placed {
    const { placed } = this
    const cells = placed.cells.map((content, index) => content && this.cells[index]?.again(content.series))
    return { ...placed, cells }
  }

  private activate(index: number): void {
    if (index === this.placed.active) return
    this.placed = activated(this.placed, index)
    this.requestUpdate()
  }

  private get cells(): readonly Cell[] {
    return [...this.querySelectorAll<Cell>('tierread-cell')]
  }

  private get cell(): Cell | undefined {
    return this.cells[this.placed.active]
  }

  private get current(): CellContent | undefined {
    return this.placed.cells[this.placed.active]
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
    const laid = layoutKeyOf(event)
    const meant = laid ? null : imageKeyOf(event, presetsFor(this.current?.series.modality ?? ''))
    if (!laid && !meant) return
    event.preventDefault()
    if (laid) this.layOut(laid, target)
    if (meant) this.act(meant)
  }

  private act(meant: ImageKey): void {
    if (meant.kind === 'unseen') this.nextUnseen()
    if (meant.kind === 'tool') this.use(meant.tool)
    const stack = this.cell?.stack
    if (!stack) return
    if (meant.kind === 'window') stack.setWindow(meant.window)
    if (meant.kind === 'step') stack.step(meant.by)
    if (meant.kind === 'zoom') stack.zoomBy(meant.factor)
    if (meant.kind === 'invert') stack.invert()
    if (meant.kind === 'rotate') stack.rotate()
    if (meant.kind === 'flip') stack.flip()
    if (meant.kind === 'reset') stack.reset()
    if (meant.kind === 'remove') stack.removeSelected()
    if (meant.kind === 'back') stack.bringBack()
  }

  private layOut(meant: LayoutKey, target?: HTMLElement): void {
    if (meant.kind === 'grid') openPicker(this)
    if (meant.kind === 'enlarge') this.enlarge()
    if (meant.kind === 'series') this.stepSeries(meant.by)
    if (meant.kind === 'places') this.links.togglePlaces(this.cells)
    if (meant.kind === 'windows') this.links.toggleWindows()
    if (meant.kind === 'lines') this.lines = !this.lines
    this.requestUpdate()
    if (meant.kind !== 'cell') return
    this.activate(stepped(this.placed, meant.by).active)
    if (target?.closest('.stage')) this.cell?.querySelector<HTMLElement>('.viewport')?.focus()
  }

  /** The series before or behind that of the active cell; behind the last comes the first. */
  private stepSeries(by: number): void {
    const series = this.allSeries
    const at = series.findIndex(({ seriesUid }) => seriesUid === this.current?.series.seriesUid)
    const next = series[(at + by + series.length) % series.length]
    if (next && series.length > 1) this.choose(next)
  }

  private enlarge(): void {
    if (this.placed.cells.length < 2) return
    this.enlarged = !this.enlarged
    this.requestUpdate()
  }

  private use(tool: ToolName): void {
    this.tool = tool
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { cell, current, series, shown, placed } = this
    return html`<div class="bars">
        ${toolbar({
          tool: this.tool,
          inverted: cell?.view.inverted === true,
          presets: presetsFor(current?.series.modality ?? ''),
          onTool: (tool) => this.use(tool),
          onWindow: (window: Window) => this.cell?.stack?.setWindow(window),
          onInvert: () => this.cell?.stack?.invert(),
          onRotate: () => this.cell?.stack?.rotate(),
          onFlip: () => this.cell?.stack?.flip(),
          onReset: () => this.cell?.stack?.reset(),
          onBack: () => this.cell?.stack?.bringBack(),
          onClear: () => this.cell?.stack?.clearMeasurements(),
        })}
        ${
          series && series.length > 0
            ? layoutBar({
                grid: placed.grid,
                places: this.links.places,
                windows: this.links.windows,
                lines: this.lines,
                onGrid: (grid) => this.chooseGrid(grid),
                onPlaces: () => this.layOut({ kind: 'places' }),
                onWindows: () => this.layOut({ kind: 'windows' }),
                onLines: () => this.layOut({ kind: 'lines' }),
              })
            : nothing
        }
      </div>
      ${this.stage()}
      ${
        cell && current && cell.pictures.length > 1
          ? slices({
              series: current.series,
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
              earlier: this.earlier,
              current: current?.series,
              onScreen: placed.cells.flatMap((content) => content?.series.seriesUid ?? []),
              shown,
              account: this.account,
              otherPersons: this.otherPersons ?? [],
              onChoose: (each) => this.choose(each),
            })
          : nothing
      }`
  }

  private stage(): TemplateResult {
    const { placed } = this
    const { rows, columns } = placed.grid
    const many = placed.cells.length
    const alone = many > 1 && (this.enlarged || NARROW.matches)
    const reference = this.lines && many > 1 ? this.reference() : undefined
    return html`<div
      class="stage ${many > 1 ? 'many' : ''} ${alone ? 'alone' : ''}"
      style="--rows: ${rows}; --columns: ${columns}"
      @cell-view=${this.viewed}
      @images-shown=${this.redrawn}
      @pointerdown=${this.touched}
      @focusin=${this.touched}
      @wheel=${this.touched}
    >
      ${placed.cells.map(
        (content, index) =>
          html`<tierread-cell
            role="group"
            aria-label=${text('desk.cell', { n: index + 1, many })}
            aria-current=${index === placed.active}
            .contents=${this.contents}
            .content=${content}
            .shown=${content?.series.earlier ? undefined : this.shown}
            .documents=${this.documents}
            .otherPersons=${this.otherPersons}
            .marks=${this.marks}
            .tool=${this.tool}
            .covered=${alone && index !== placed.active}
            .reference=${index === placed.active ? undefined : reference}
            @dblclick=${() => this.doubleClicked()}
            @dragover=${allowed}
            @drop=${(event: DragEvent) => this.dropped(event, index)}
            @cell-try=${() => void this.open(index)}
          ></tierread-cell>`,
      )}
      ${this.message()}
    </div>`
  }

  private readonly viewed = ({ target }: Event): void => {
    if (this.cell && target === this.cell) this.links.follow(this.cell, this.cells)
    this.requestUpdate()
  }

  /** Where the slice of the active cell lies. */
  private reference(): Plane | undefined {
    const picture = this.cell?.pictures[this.cell.view.index]
    return picture && planeOf(picture.metadata)
  }

  private readonly touched = ({ target }: Event): void => {
    const index = this.cells.findIndex((cell) => cell.contains(target as Node))
    if (index >= 0) this.activate(index)
  }

  private doubleClicked(): void {
    if (OF_THE_HAND.has(this.tool) && !NARROW.matches) this.enlarge()
  }

  private dropped(event: DragEvent, index: number): void {
    const seriesUid = event.dataTransfer?.getData(DRAGGED)
    const series = this.allSeries.find((each) => each.seriesUid === seriesUid)
    if (!series) return
    event.preventDefault()
    this.choose(series, index)
  }

  /** Where the series themselves are not known, or there are none. */
  private message(): TemplateResult | typeof nothing {
    if (this.failure !== undefined)
      return html`<div class="message" role="alert">
        <p>${this.failure}</p>
        <button @click=${() => void this.open(this.placed.active)}>${text('common.try-again')}</button>
      </div>`
    if (this.placed.cells.some((content) => content !== undefined)) return nothing
    const nothingToSee = this.series?.length === 0
    return html`<p class="message" role="status">${nothingToSee ? text('desk.no-images') : text('common.loading')}</p>`
  }
}
customElements.define('tierread-images', ImagePanel)

/** A series may be let go here, and nothing else. */
function allowed(event: DragEvent): void {
  if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault()
}
