/** Pictures of studies: the series to choose from, tools, and the cells with pictures; Cornerstone comes when it is needed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { Mark, OtherPerson, Prior, ScreenState } from '../api/shapes'
import { Part } from '../part'
import { deskLine } from './retrieval/desk-line'
import { accountOf, type Account } from './account'
import { imageKeyOf, type ImageKey } from './image-keys'
import type { Cell } from './layout/cell'
import type { Grid } from './layout/grid'
import { openPicker } from './layout/grid-picker'
import { HungCase } from './layout/hung-case'
import { layoutBar } from './layout/layout-bar'
import { layoutKeyOf, type LayoutKey } from './layout/layout-keys'
import { Links } from './layout/links'
import { planeOf, type Plane } from './layout/planes'
import { slices } from './layout/slices'
import { stage } from './layout/stage'
import type { Series } from './series'
import { seriesStrip } from './series-strip'
import type { ShownSeries } from './shown-series'
import { Film } from './tools/film'
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

  /** A mark whose picture was asked for before its series was known. */
  private wanted: Mark | undefined
  private readonly links = new Links()
  /** Whether cells show where the slice of the active one lies. */
  private lines = true
  /** The active cell covers the others. */
  private enlarged = false
  private tool: ToolName = 'window'
  private readonly film = new Film(
    () => this.cell,
    () => this.requestUpdate(),
  )
  private readonly hung = new HungCase(this, {
    onChange: () => this.requestUpdate(),
    onSeries: () => this.tell('images-shown'),
    onBegin: (modality) => this.links.begin(modality),
    onHung: () => void this.updateComplete.then(() => this.goToWanted()),
    onGone: (studies) => this.forget(studies),
  })

  /** The series of the case; undefined before they are known. */
  get series(): readonly Series[] | undefined {
    return this.hung.series
  }

  /** Whether there is room for one cell. */
  get narrow(): boolean {
    return NARROW.matches
  }

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
    this.hung.activate(open)
    const next = this.cells[open]?.firstUnseen() ?? -1
    if (next >= 0) this.cells[open]?.stack?.goTo(next)
    else void this.hung.open(open)
  }

  /** Opens the picture of a mark, where its series is on the screen, else in the active cell. */
  goToMark(mark: Mark): void {
    const open = this.cells.findIndex((cell) => cell.indexOf(mark) >= 0)
    const series = this.hung.all.find((each) => each.seriesUid === mark.series_uid)
    if (open >= 0) {
      this.hung.activate(open)
      this.cells[open]?.stack?.goTo(this.cells[open].indexOf(mark))
    } else if (series) this.hung.put({ series, at: mark })
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
    this.forget([...this.studies, ...this.hung.earlier.map(({ studyUid }) => studyUid)])
    deskLine.behind([])
    this.hung.close()
    this.film.stop()
  }

  /** Studies that are looked at no longer. */
  private forget(studies: readonly string[]): void {
    this.cells.find(({ stack }) => stack)?.stack?.forget(studies)
  }

  private readonly redrawn = (): void => this.requestUpdate()

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('studies')
    if (before && before.join() !== this.studies.join()) this.forget(before)
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('imageSet')) void this.hung.open()
    else if (changed.has('prior')) void this.hung.openEarlier()
    this.cell?.stack?.activate()
    deskLine.behind(this.hung.behind)
  }

  private goToWanted(): void {
    const { wanted } = this
    this.wanted = undefined
    if (wanted) this.goToMark(wanted)
  }

  /** The line is back: what did not come for want of it is asked for again. */
  lineIsBack(): void {
    if (this.hung.failure !== undefined || this.cells.some(({ failure }) => failure !== undefined))
      void this.hung.open()
  }

  /** Puts a series into the active cell, or into another one, which becomes active. */
  choose(series: Series, index?: number): void {
    this.hung.put({ series }, index)
  }

  /** The cells on the screen. */
  get cells(): readonly Cell[] {
    return [...this.querySelectorAll<Cell>('tierread-cell')]
  }

  private get cell(): Cell | undefined {
    return this.cells[this.hung.placed.active]
  }

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    const elsewhere = target.closest('tierread-images') !== null && !this.contains(target)
    if (target.closest('input, textarea, select, dialog, [role=tablist]') || elsewhere) return
    const laid = layoutKeyOf(event)
    const meant = laid ? null : imageKeyOf(event, presetsFor(this.hung.current?.series.modality ?? ''))
    if (!laid && !meant) return
    event.preventDefault()
    if (laid) this.layOut(laid, target)
    if (meant) this.act(meant)
  }

  private act(meant: ImageKey): void {
    if (meant.kind === 'unseen') this.nextUnseen()
    if (meant.kind === 'tool') this.use(meant.tool)
    if (meant.kind === 'film') this.film.toggle()
    const stack = this.cell?.stack
    if (!stack) return
    if (meant.kind === 'window') stack.setWindow(meant.window)
    if (meant.kind === 'step') stack.step(meant.by)
    if (meant.kind === 'zoom') stack.stance.zoomBy(meant.factor)
    if (meant.kind === 'invert') stack.invert()
    if (meant.kind === 'rotate') stack.stance.rotate()
    if (meant.kind === 'flip') stack.stance.flip()
    if (meant.kind === 'reset') stack.reset()
    if (meant.kind === 'remove') stack.removeSelected()
    if (meant.kind === 'back') stack.bringBack()
  }

  private layOut(meant: LayoutKey, target?: HTMLElement): void {
    if (meant.kind === 'grid') openPicker(this)
    if (meant.kind === 'enlarge') this.enlarge()
    if (meant.kind === 'series') this.hung.stepSeries(meant.by)
    if (meant.kind === 'places') this.links.togglePlaces(this.cells)
    if (meant.kind === 'windows') this.links.toggleWindows()
    if (meant.kind === 'lines') this.lines = !this.lines
    this.requestUpdate()
    if (meant.kind !== 'cell') return
    this.hung.stepCell(meant.by)
    if (target?.closest('.stage')) this.cell?.querySelector<HTMLElement>('.viewport')?.focus()
  }

  private enlarge(): void {
    if (this.hung.placed.cells.length < 2) return
    this.enlarged = !this.enlarged
    this.requestUpdate()
  }

  private use(tool: ToolName): void {
    this.tool = tool
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { cell, hung, shown } = this
    const { current, placed, series } = hung
    return html`<div class="bars">
        ${toolbar({
          tool: this.tool,
          inverted: cell?.view.inverted === true,
          presets: presetsFor(current?.series.modality ?? ''),
          onTool: (tool) => this.use(tool),
          onWindow: (window: Window) => this.cell?.stack?.setWindow(window),
          onInvert: () => this.cell?.stack?.invert(),
          onRotate: () => this.cell?.stack?.stance.rotate(),
          onFlip: () => this.cell?.stack?.stance.flip(),
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
                enlarged: this.enlarged,
                onEnlarge: () => this.layOut({ kind: 'enlarge' }),
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
              runs: this.film.runs,
              onFilm: () => this.film.toggle(),
            })
          : nothing
      }
      ${
        series
          ? seriesStrip({
              series,
              earlier: hung.earlier,
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
    const { hung } = this
    const many = hung.placed.cells.length > 1
    return stage({
      hung,
      tool: this.tool,
      alone: many && (this.enlarged || this.narrow),
      reference: this.lines && many ? this.reference() : undefined,
      shown: this.shown,
      documents: this.documents,
      otherPersons: this.otherPersons,
      marks: this.marks,
      onView: this.viewed,
      onShown: this.redrawn,
      onTouched: this.touched,
      onDoubleClick: this.doubleClicked,
      onDrop: (seriesUid, index) => this.dropped(seriesUid, index),
      onTry: (index) => void hung.open(index),
    })
  }

  private chooseGrid(grid: Grid | undefined): void {
    this.enlarged = false
    this.hung.chooseGrid(grid)
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

  /** Nobody draws in a picture that goes away. */
  private readonly touched = ({ target, type }: Event): void => {
    if (type === 'pointerdown' && !OF_THE_HAND.has(this.tool)) this.film.stop()
    const index = this.cells.findIndex((cell) => cell.contains(target as Node))
    if (index >= 0) this.hung.activate(index)
  }

  private readonly doubleClicked = (): void => {
    if (OF_THE_HAND.has(this.tool) && !this.narrow) this.enlarge()
  }

  private dropped(seriesUid: string, index: number): void {
    const series = this.hung.all.find((each) => each.seriesUid === seriesUid)
    if (series) this.choose(series, index)
  }
}
customElements.define('tierread-images', ImagePanel)
