/** An earlier case beside the present one: its series stand where those that are most like them stand. */
import type { CellContent } from './cell-content'
import { laidOut, put, type Grid } from './grid'
import type { Turn } from '../tools/orientation'
import type { Hangable } from './hangable'
import { turnTo } from './hanging'
import type { Placed } from './placing'

/** Room for as much again: to the right where there is little, else below. */
export function doubled({ rows, columns }: Grid): Grid | undefined {
  if (rows === 1 && columns === 1) return { rows, columns: 2 }
  if (rows === 1) return { rows: 2, columns }
  return columns <= 2 ? { rows, columns: 2 * columns } : undefined
}

/** Beside each cell the earlier series that is most like it; in the next cell where the grid cannot grow. */
export function withEarlier(placed: Placed, now: readonly Hangable[], earlier: readonly Hangable[]): Placed {
  const beside = placed.cells.map((cell) => cell && counterpart(cell, now, earlier))
  const grid = doubled(placed.grid)
  if (!grid) return put(placed, (placed.active + 1) % placed.cells.length, beside[placed.active])
  const { columns } = placed.grid
  const inRows = Array.from({ length: placed.grid.rows }, (_, row) => [row * columns, (row + 1) * columns] as const)
  const cells =
    grid.rows > placed.grid.rows
      ? [...placed.cells, ...beside]
      : inRows.flatMap(([from, to]) => [...placed.cells.slice(from, to), ...beside.slice(from, to)])
  return laidOut(grid, cells, cells.indexOf(placed.cells[placed.active]))
}

/** The earlier case is closed: what was beside it goes back into the grid that it had. */
export function withoutEarlier(placed: Placed, before: Grid | undefined): Placed {
  const isDoubled = before && sameGrid(doubled(before), placed.grid)
  const present = placed.cells.filter((cell) => !cell?.series.earlier)
  if (isDoubled) return laidOut(before, present, present.indexOf(placed.cells[placed.active]))
  return { ...placed, cells: placed.cells.map((cell) => (cell?.series.earlier ? undefined : cell)) }
}

const sameGrid = (a: Grid | undefined, b: Grid): boolean => a?.rows === b.rows && a.columns === b.columns

function counterpart(
  { series, index, look }: CellContent,
  now: readonly Hangable[],
  earlier: readonly Hangable[],
): CellContent | undefined {
  const own = now.find((item) => item.series.seriesUid === series.seriesUid && (item.index ?? index) === index)
  const likest = own && mostLike(own, earlier)
  return likest && { series: likest.series, index: likest.index, look: look && { ...look, turn: turnOf(likest) } }
}

/** Mammograms of both examinations lie back to back, whichever way each of them was written. */
function turnOf(item: Hangable): Turn | undefined {
  const isMammogram = item.view === 'cc' || item.view === 'mlo'
  return isMammogram && item.side ? turnTo(item.side === 'R' ? 'right' : 'left', item) : undefined
}

/** Undefined where nothing was taken by such a device. */
export function mostLike(own: Hangable, among: readonly Hangable[]): Hangable | undefined {
  const words = new Set(wordsOf(own))
  const likeness = (item: Hangable): number =>
    4 * Number(item.view === own.view) +
    4 * Number(item.side === own.side) +
    2 * Number(item.series.bodyPart === own.series.bodyPart) +
    wordsOf(item).filter((word) => words.has(word)).length
  const same = among.filter((item) => item.series.modality === own.series.modality)
  return same.reduce<Hangable | undefined>(
    (best, item) => (best && likeness(best) >= likeness(item) ? best : item),
    undefined,
  )
}

const wordsOf = ({ series }: Hangable): readonly string[] =>
  series.description
    .toUpperCase()
    .split(/[\s_,.-]+/)
    .filter(Boolean)
