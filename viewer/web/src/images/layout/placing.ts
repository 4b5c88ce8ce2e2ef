/** What each cell is given when a case is opened, and when the person asks for another grid. */
import type { ScreenState } from '../../api/case-detail'
import { presetsFor } from '../window-level'
import type { CellContent } from './cell-content'
import { activated, laidOut, ONE, put, rearranged, sizeOf, type Grid, type Layout } from './grid'
import { hang, hangIn, type Hung } from './hanging'
import type { Hangable } from './hangable'

export type Placed = Layout<CellContent>

/** In the grid that the person chose before, where there is more than one thing to see; else as the protocol hangs it. */
export function opened(items: readonly Hangable[], chosen: Grid | undefined, restored?: ScreenState): Placed {
  const own = hang(items)
  const { grid, cells } = chosen && Math.max(own.cells.length, items.length) > 1 ? hangIn(chosen, items) : own
  const alone = sizeOf(grid) === 1
  const placed = laidOut(
    grid,
    cells.map((hung) => hung && contentOf(hung, alone)),
  )
  return restored ? asItWas(placed, items, restored) : placed
}

/** What was on the screen when the case was put aside is there again, in its own place or in the first one. */
function asItWas(
  placed: Placed,
  items: readonly Hangable[],
  { series_uid, index, window, inverted }: ScreenState,
): Placed {
  const series = items.find((item) => item.series.seriesUid === series_uid)?.series
  if (!series) return placed
  const before = Math.max(
    0,
    placed.cells.findIndex((cell) => cell?.series.seriesUid === series_uid),
  )
  const turn = placed.cells[before]?.look?.turn
  return activated(put(placed, before, { series, index, look: { window, inverted, turn } }), before)
}

/** The person chose another grid: what is new in it gets what is not on the screen yet. */
export function inGrid(placed: Placed, grid: Grid, items: readonly Hangable[]): Placed {
  const waiting = items.filter((item) => !placed.cells.some((cell) => cell && shows(cell, item)))
  return rearranged(
    placed,
    grid,
    waiting.map((item) => contentOf({ item })),
  )
}

const shows = ({ series, index }: CellContent, item: Hangable): boolean =>
  series.seriesUid === item.series.seriesUid &&
  (item.index === undefined || index === undefined || index === item.index)

/** A picture that stands alone begins where something is left to look at. */
function contentOf({ item: { series, index }, window, turn }: Hung, alone = false): CellContent {
  const preset = presetsFor(series.modality).find(({ name }) => name === window)
  return {
    series,
    index: alone ? undefined : index,
    look: { window: preset?.window ?? null, inverted: false, turn },
  }
}

/** One series stands in several planes side by side. */
export function showsPlanes({ cells }: Placed): boolean {
  const [first] = cells
  const uid = first?.series.seriesUid
  return cells.length > 1 && cells.every((cell) => cell?.reformat !== undefined && cell.series.seriesUid === uid)
}

export const NOTHING: Placed = laidOut(ONE, [])
