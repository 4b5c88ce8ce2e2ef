/** Where somebody is in the pictures of a case, and how they get to another one. What is made of pictures is no such place. */
import type { ScreenState } from '../api/case-detail'
import type { Mark } from '../api/marks'
import type { Account } from './account'
import type { Cell } from './layout/cell'
import type { HungCase } from './layout/hung-case'

export class Places {
  /** A mark whose picture was asked for before its series was known. */
  private wanted: Mark | undefined

  constructor(
    private readonly hung: HungCase,
    private readonly cells: () => readonly Cell[],
    private readonly account: () => Account | undefined,
  ) {}

  private get cell(): Cell | undefined {
    return this.cells()[this.hung.placed.active]
  }

  /** What is on the screen, without the earlier case beside it; undefined before there is anything. */
  get screen(): Omit<ScreenState, 'prior'> | undefined {
    const present = [this.cell, ...this.cells()].find((cell) => cell?.series && cell.isAsTaken && !cell.series.earlier)
    const { series, stack, view } = present ?? {}
    if (!series || !stack || !view) return undefined
    const { window, inverted } = stack.look
    return { series_uid: series.seriesUid, index: view.index, window, inverted }
  }

  /** The picture in the active cell; undefined before there is one, and where it was not taken so. */
  get picture(): Pick<Mark, 'study_uid' | 'series_uid' | 'instance_uid' | 'frame'> | undefined {
    const { isAsTaken, pictures, series, view } = this.cell ?? {}
    const picture = view && pictures?.[view.index]
    if (!series || !picture || !isAsTaken) return undefined
    const { instanceUid: instance_uid, frame } = picture
    return { study_uid: series.studyUid, series_uid: series.seriesUid, instance_uid, frame }
  }

  /** Opens a series where something of it is left to look at, or tries it again. */
  goTo(seriesUid: string): void {
    const series = this.hung.series?.find((each) => each.seriesUid === seriesUid)
    if (!series) return
    const cells = this.cells()
    const open = cells.findIndex((cell) => cell.series?.seriesUid === seriesUid && cell.isAsTaken)
    if (open < 0) return this.hung.put({ series })
    this.hung.activate(open)
    const next = cells[open]?.firstUnseen() ?? -1
    if (next >= 0) cells[open]?.stack?.goTo(next)
    else void this.hung.open(open)
  }

  /** Opens the picture of a mark, where its series is on the screen, else in the active cell. */
  goToMark(mark: Mark): void {
    const cells = this.cells()
    const open = cells.findIndex((cell) => cell.indexOf(mark) >= 0)
    const series = this.hung.all.find((each) => each.seriesUid === mark.series_uid)
    if (open >= 0) {
      this.hung.activate(open)
      cells[open]?.stack?.goTo(cells[open].indexOf(mark))
    } else if (series) this.hung.put({ series, at: mark })
    else this.wanted = mark
  }

  goToWanted(): void {
    const { wanted } = this
    this.wanted = undefined
    if (wanted) this.goToMark(wanted)
  }

  /** The next picture that is left to look at, in this series or the next one. */
  nextUnseen(): void {
    const { cell } = this
    const next = cell?.firstUnseen(cell.view.index + 1) ?? -1
    const here = cell?.isAsTaken ? cell.series?.seriesUid : undefined
    const [series] = this.account()?.left.filter(({ seriesUid }) => seriesUid !== here) ?? []
    if (next >= 0) cell?.stack?.goTo(next)
    else if (series) this.goTo(series.seriesUid)
  }
}
