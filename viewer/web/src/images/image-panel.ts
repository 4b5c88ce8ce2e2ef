/** Pictures of studies: the series to choose from, tools, and the cells with pictures; Cornerstone comes when it is needed. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { OtherPerson, Prior, ScreenState } from '../api/case-detail'
import type { Mark } from '../api/marks'
import { isModality, type OwnSettings } from '../keeping/settings'
import { keys } from '../keys/keys'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { deskLine } from './retrieval/desk-line'
import { accountOf, type Account } from './account'
import { imageKeyOf, type ImageKey } from './image-keys'
import type { Cell } from './layout/cell'
import { askedBy, isAsking, whyNot, type Asking, type Sight } from './offers'
import type { Grid } from './layout/grid'
import { openPicker } from './layout/grid-picker'
import { HungCase } from './layout/hung-case'
import { LayerSwitch, liesOver } from './layout/layer-switch'
import { layoutBar } from './layout/layout-bar'
import { layoutKeyOf, type LayoutKey } from './layout/layout-keys'
import { Links } from './layout/links'
import { Planes } from './layout/chosen-planes'
import { planeOf } from './layout/planes'
import { slices } from './layout/slices'
import { stage } from './layout/stage'
import { Places } from './places'
import type { Series } from './series'
import { seriesStrip } from './series-strip'
import type { ShownSeries } from './shown-series'
import { Film } from './tools/film'
import type { ToolName } from './tools/tool-names'
import { toolbar } from './toolbar'
import { windowChoices, type WindowChoice } from './own-windows'
import { editWindows } from './windows-dialog'

/** A screen with room for one cell. */
const NARROW = matchMedia('(width < 900px)')
/** Tools by which a double click means nothing of their own. */
const OF_THE_HAND: ReadonlySet<ToolName> = new Set(['window', 'zoom', 'pan', 'scroll'])

/**
 * Tells `images-shown` when more of a series was shown, `sight-changed` when something else stands in the active place, and
 * `marks-changed` when the person drew.
 */
export class ImagePanel extends Part {
  static override properties = {
    client: { attribute: false },
    settings: { attribute: false },
    studies: { attribute: false },
    imageSet: {},
    shown: { attribute: false },
    toSee: { attribute: false },
    documents: { attribute: false },
    otherPersons: { attribute: false },
    restored: { attribute: false },
    marks: { attribute: false },
    prior: { attribute: false },
    earlierOf: { attribute: false },
    beside: {},
  }
  declare client: Client
  declare settings: OwnSettings
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
  /** When the pictures were taken, where they are of an earlier case and no present one stands here. */
  declare earlierOf: string | undefined
  /** Whether another window stands beside this one, or may; this one is it where it says so. */
  declare beside: 'none' | 'open' | 'second' | undefined

  readonly links = new Links()
  /** Whether cells show where the slice of the active one lies. */
  private lines = true
  /** The active cell covers the others. */
  private enlarged = false
  private tool: ToolName = 'window'
  private sight: Sight | undefined
  private readonly film = new Film(
    () => this.cell,
    () => this.requestUpdate(),
  )
  private readonly hung = new HungCase(this, {
    onChange: () => this.requestUpdate(),
    onSeries: () => this.tell('images-shown'),
    onBegin: (modality) => this.links.begin(modality),
    onHung: () =>
      void this.updateComplete.then(() => {
        this.places.goToWanted()
        this.takeFocus()
      }),
    onGone: (studies) => this.forget(studies),
  })

  readonly places = new Places(
    this.hung,
    () => this.cells,
    () => this.account,
  )

  private readonly planes = new Planes(
    this.hung,
    () => this.cells,
    (words) => notify('warning', words),
  )

  private readonly layers = new LayerSwitch(
    () => this.client,
    () => this.hung.all.filter(liesOver),
    () => this.cells,
    () => this.requestUpdate(),
  )

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
    this.layers.close()
    this.film.stop()
  }

  /** The picture has the focus where nothing else has: a case was opened by a key, or behind one that went away. */
  private takeFocus(): void {
    if (document.activeElement === document.body)
      this.cell?.querySelector<HTMLElement>('.viewport')?.focus({ preventScroll: true })
  }

  /** Studies that are looked at no longer. */
  private forget(studies: readonly string[]): void {
    this.cells.find(({ stack }) => stack)?.stack?.forget(studies)
  }

  private readonly redrawn = (): void => this.requestUpdate()

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('studies')
    if (!before || before.join() === this.studies.join()) return
    this.forget(before)
    this.layers.isOn = false
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('imageSet')) void this.hung.open()
    else if (changed.has('prior')) void this.hung.openEarlier()
    this.cell?.stack?.activate()
    this.layers.hold()
    deskLine.behind(this.hung.behind)
    const { sight } = this.cell ?? {}
    if (sight !== this.sight) this.tell('sight-changed')
    this.sight = sight
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

  /** Of what the active cell shows. */
  private get modality(): string {
    return this.hung.current?.series.modality ?? ''
  }

  private get windows(): readonly WindowChoice[] {
    return windowChoices(this.settings, this.modality)
  }

  /** The active one. */
  get cell(): Cell | undefined {
    return this.cells[this.hung.placed.active]
  }

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    const elsewhere = target.closest('tierread-images') !== null && !this.contains(target)
    if (target.closest('input, textarea, select, dialog, [role=tablist]') || elsewhere) return
    const laid = layoutKeyOf(event)
    const meant = laid ? null : imageKeyOf(event, this.windows)
    if (!laid && !meant) return
    event.preventDefault()
    const act = keys.actOf(event)
    if (keys.isHeld(event) || (act && isAsking(act) && this.isRefused(act, event.repeat))) return
    if (laid) this.layOut(laid, target)
    if (meant) this.act(meant)
  }

  /** Why an act is not offered for what stands in the active place; undefined where it is. */
  readonly whyNot = (act: Asking): string | undefined => whyNot(act, this.cell?.sight ?? 'empty', this.film.runs)

  /** Whether it is not offered, which the person is told; while a key is held they have been. */
  isRefused(act: Asking, silently = false): boolean {
    const why = this.whyNot(act)
    if (why && !silently) notify('warning', why)
    return why !== undefined
  }

  private act(meant: ImageKey): void {
    const asked = askedBy(meant)
    if (asked && this.isRefused(asked)) return
    if (meant.kind === 'unseen') this.places.nextUnseen()
    if (meant.kind === 'tool') this.use(meant.tool)
    if (meant.kind === 'film') this.film.toggle()
    this.cell?.act(meant)
  }

  private layOut(meant: LayoutKey, target?: HTMLElement): void {
    if (meant.kind === 'grid') openPicker(this)
    if (meant.kind === 'enlarge') this.enlarge()
    if (meant.kind === 'series') this.hung.stepSeries(meant.by)
    if (meant.kind === 'places') this.links.togglePlaces(this.cells)
    if (meant.kind === 'windows') this.links.toggleWindows()
    if (meant.kind === 'lines') this.lines = !this.lines
    if (meant.kind === 'reformat') this.planes.choose(meant.choice)
    if (meant.kind === 'planes') this.planes.showAll()
    if (meant.kind === 'layers') void this.layers.toggle()
    if (meant.kind === 'monitor' && this.beside !== 'second') this.tell('beside-wanted')
    this.requestUpdate()
    if (meant.kind !== 'cell') return
    this.hung.stepCell(meant.by)
    if (target?.closest('.stage'))
      (
        this.cell?.querySelector<HTMLElement>('.slide-map') ?? this.cell?.querySelector<HTMLElement>('.viewport')
      )?.focus()
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
    return html`<div class="bars">
        ${toolbar({
          tool: this.tool,
          inverted: cell?.view.inverted === true,
          presets: this.windows,
          onWindows:
            cell?.view.window && isModality(this.modality)
              ? () => editWindows(this.settings, this.modality, cell.view.window)
              : undefined,
          whyNot: this.whyNot,
          onTool: (tool) => this.act({ kind: 'tool', tool }),
          onAct: (meant) => this.act(meant),
          onClear: () => this.isRefused('clear') || this.cell?.stack?.marks.clear(),
        })}
        ${layoutBar({
          hung,
          links: this.links,
          lines: this.lines,
          enlarged: this.enlarged,
          beside: this.beside,
          onGrid: (grid) => this.chooseGrid(grid),
          onLayOut: (meant) => this.layOut(meant),
          reformat: this.planes.menu,
          layers: this.layers.menu(this.cell),
        })}
      </div>
      ${this.stage()} ${cell ? slices({ cell, shown, film: this.film }) : nothing}
      ${seriesStrip({
        hung,
        shown,
        account: this.account,
        otherPersons: this.otherPersons ?? [],
        onChoose: (each) => this.choose(each),
      })}`
  }

  private stage(): TemplateResult {
    const { hung } = this
    const many = hung.placed.cells.length > 1
    return stage({
      hung,
      tool: this.tool,
      alone: many && (this.enlarged || this.narrow),
      reference: this.lines && many ? planeOf(this.cell?.picture?.metadata ?? {}) : undefined,
      shown: this.shown,
      documents: this.documents,
      otherPersons: this.otherPersons,
      marks: this.marks,
      over: this.layers.over,
      onView: this.viewed,
      onShown: this.redrawn,
      onTouched: this.touched,
      onDoubleClick: this.doubleClicked,
      onDrop: (seriesUid, index) => this.dropped(seriesUid, index),
      onTry: (index) => void hung.open(index),
      onAsTaken: (index) => this.planes.asTaken(index),
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
    const series = this.hung.find(seriesUid)
    if (series) this.choose(series, index)
  }
}
customElements.define('tierread-images', ImagePanel)
