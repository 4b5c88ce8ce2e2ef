/** A case in the cells: its series, those of an earlier case beside it, and which of them stands where. */
import type { Client } from '../../api/client'
import { Problem, Unreachable } from '../../api/problem'
import type { Prior, ScreenState } from '../../api/case-detail'
import { wordsFor } from '../../shell/trouble'
import type { OwnSettings } from '../../keeping/settings'
import type { Reformat } from '../reformat/plan'
import type { Rest } from '../retrieval/desk-line'
import { apart, seriesOf, type Series } from '../series'
import type { ShownSeries } from '../shown-series'
import type { Look } from '../stack'
import type { Cell } from './cell'
import type { CellContent } from './cell-content'
import { chooseGrid, chosenGrid } from './chosen-grids'
import { SeriesContents } from './contents'
import { withEarlier, withoutEarlier } from './earlier'
import { activated, gridFor, laidOut, put, sizeOf, stepped, type Grid } from './grid'
import type { Hangable } from './hangable'
import { liesOver } from './layer-switch'
import { inGrid, NOTHING, opened, type Placed } from './placing'

/** What the case hangs in; its values are those of the moment. */
export type Wall = {
  readonly client: Client
  readonly settings: OwnSettings
  readonly studies: readonly string[]
  readonly shown: ShownSeries | undefined
  readonly restored: ScreenState | undefined
  readonly prior: Prior | undefined
  /** When the pictures were taken, where they are of an earlier case that stands here alone. */
  readonly earlierOf: string | undefined
  readonly cells: readonly Cell[]
  /** There is room for one cell. */
  readonly narrow: boolean
}

export type HungListener = {
  /** Something is to be drawn otherwise. */
  onChange(): void
  /** The series are known, or cannot be. */
  onSeries(): void
  /** A case of this modality was hung where nothing was before. */
  onBegin(modality: string): void
  /** All that was asked for stands in its cells. */
  onHung(): void
  /** These studies are looked at no longer. */
  onGone(studies: readonly string[]): void
}

/** A series whose contents do not come says so when it is opened. */
const restOf = (series: Series, contents: SeriesContents, shown: ShownSeries | undefined): Rest => ({
  key: `${series.seriesUid} ${shown?.contentOf(series.seriesUid) ?? ''}`,
  pictures: async () => {
    try {
      return (await contents.of(series)).pictures
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      return []
    }
  },
})

export class HungCase {
  /** Of the case itself; undefined before they are known. */
  series: readonly Series[] | undefined
  /** Of the earlier case beside it. */
  earlier: readonly Series[] = []
  /** What this server wrote of the reports of both: in no count, and in a cell only where somebody puts it there. */
  reports: readonly Series[] = []
  earlierReports: readonly Series[] = []
  placed: Placed = NOTHING
  contents: SeriesContents | undefined
  /** Why the series are not known, in words. */
  failure: string | undefined
  private items: readonly Hangable[] = []
  private gridBefore: Grid | undefined
  private asked = 0

  constructor(
    private readonly wall: Wall,
    private readonly listener: HungListener,
  ) {}

  get all(): readonly Series[] {
    return [...(this.series ?? []), ...this.earlier]
  }

  /** Whatever may stand in a cell. */
  find(seriesUid: string | undefined): Series | undefined {
    return [...this.all, ...this.reports, ...this.earlierReports].find((each) => each.seriesUid === seriesUid)
  }

  /** The series of the case that stand in no cell. */
  get behind(): readonly Rest[] {
    const { contents, placed, series = [] } = this
    const hung = new Set(placed.cells.map((content) => content?.series.seriesUid))
    if (!contents) return []
    const others = series.filter((each) => !hung.has(each.seriesUid) && !liesOver(each))
    return others.map((each) => restOf(each, contents, this.wall.shown))
  }

  /** What the active cell is to show. */
  get current(): CellContent | undefined {
    return this.placed.cells[this.placed.active]
  }

  /** Nothing that was asked for is waited for any longer. */
  close(): void {
    this.asked++
  }

  /** Asks for everything anew; the person may try the series of a cell again. */
  async open(tried?: number): Promise<void> {
    const asked = ++this.asked
    const { client, studies } = this.wall
    this.failure = undefined
    try {
      const { earlierOf } = this.wall
      const found = await seriesOf(client, studies)
      const { series, reports } = apart(earlierOf ? found.map((each) => ({ ...each, earlier: earlierOf })) : found)
      const contents = new SeriesContents(client, (seriesUid) => this.wall.shown?.contentOf(seriesUid) ?? '')
      if (asked === this.asked) {
        this.series = series
        this.reports = reports
        this.listener.onSeries()
      }
      const items = await contents.hangables(series)
      if (asked !== this.asked) return
      this.contents = contents
      this.items = items
      this.placed = this.placedOf(series, items, tried)
      if (this.wall.prior && this.earlier.length === 0) await this.openEarlier()
      this.listener.onHung()
    } catch (error) {
      this.fail(error, asked)
    }
    this.listener.onChange()
  }

  /** What is on the screen stays there; where nothing is, the case is hung. */
  private placedOf(series: readonly Series[], items: readonly Hangable[], tried: number | undefined): Placed {
    const { cells, narrow, restored } = this.wall
    const again = this.placed.cells.map((content, index) => {
      const same = this.find(content?.series.seriesUid)
      return same && cells[index]?.again(same, index === tried)
    })
    if (again.some((content) => content !== undefined)) return { ...this.placed, cells: again }
    const [first] = series
    this.listener.onBegin(first?.modality ?? '')
    const grid = first && chosenGrid(this.wall.settings, first.modality)
    return opened(narrow ? items.slice(0, 1) : items, grid, restored)
  }

  /** The earlier case that was chosen comes beside the present one, and the one before it goes. */
  async openEarlier(): Promise<void> {
    const { asked, contents } = this
    const { client, prior } = this.wall
    if (this.earlier.length > 0) this.placed = withoutEarlier(this.placed, this.gridBefore)
    this.listener.onGone(this.earlier.map(({ studyUid }) => studyUid))
    this.earlier = this.earlierReports = []
    this.listener.onChange()
    if (!prior || !contents) return
    try {
      const found = await seriesOf(client, prior.study_uids)
      const { series: earlier, reports } = apart(found.map((each) => ({ ...each, earlier: prior.examined_at })))
      const items = await contents.hangables(earlier)
      if (prior !== this.wall.prior || asked !== this.asked) return
      this.earlier = earlier
      this.earlierReports = reports
      this.gridBefore = this.placed.grid
      const placed = this.placed.grid.rows > 1 ? this.asShown() : this.placed
      this.change(withEarlier(placed, this.items, items))
      this.listener.onHung()
    } catch (error) {
      this.fail(error, asked)
      this.listener.onChange()
    }
  }

  /** Puts it into the active cell, or into another one, which becomes active. */
  put(content: CellContent, index = this.placed.active): void {
    this.change(activated(put(this.placed, index, content), index))
  }

  /** The series before or behind that of the active cell; behind the last comes the first. */
  stepSeries(by: number): void {
    const series = this.all
    const at = series.findIndex(({ seriesUid }) => seriesUid === this.current?.series.seriesUid)
    const next = series[(at + by + series.length) % series.length]
    if (next && series.length > 1) this.put({ series: next })
  }

  /**
   * The series of the active cell in these planes: in its own cell, or side by side where there are several. `taken`: the
   * first of these are the pictures as they were taken, from there on.
   */
  reformat(ways: readonly Reformat[], look: Look | undefined, taken?: { readonly index: number }): void {
    const { series } = this.current ?? {}
    if (!series) return
    const contents = ways.map((reformat, at): CellContent => ({
      series,
      reformat,
      index: at === 0 ? taken?.index : undefined,
      look: look && { window: look.window, inverted: look.inverted },
    }))
    const [alone] = contents
    if (contents.length > 1) this.change(laidOut(gridFor(contents.length), contents))
    else if (alone) this.put(alone)
  }

  /** Without one: as the protocols hang the case. */
  chooseGrid(grid: Grid | undefined): void {
    const [first] = this.series ?? []
    if (!first) return
    chooseGrid(this.wall.settings, first.modality, grid)
    const placed = this.placed.active < (grid ? sizeOf(grid) : 0) ? this.placed : this.asShown()
    this.change(grid ? inGrid(placed, grid, this.items) : opened(this.items, undefined))
  }

  activate(index: number): void {
    if (index !== this.placed.active) this.change(activated(this.placed, index))
  }

  /** The cell before or behind the active one. */
  stepCell(by: number): void {
    this.activate(stepped(this.placed, by).active)
  }

  /** What moves into another cell is to be shown there as it is here. */
  asShown(): Placed {
    const { placed } = this
    const cells = placed.cells.map((content, index) => content && this.wall.cells[index]?.again(content.series))
    return { ...placed, cells }
  }

  change(placed: Placed): void {
    this.placed = placed
    this.listener.onChange()
  }

  private fail(error: unknown, asked: number): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    if (asked !== this.asked) return
    this.failure = wordsFor(error)
    this.listener.onSeries()
  }
}
