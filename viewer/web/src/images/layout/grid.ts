/** Which cells there are, what is in them, and which one tools and keys act on. */

export type Grid = { readonly rows: number; readonly columns: number }

export const ONE: Grid = { rows: 1, columns: 1 }
/** Rows, and columns. */
export const MOST = 4

export type Layout<T> = {
  readonly grid: Grid
  /** By rows, from the top left; as many as the grid has. */
  readonly cells: readonly (T | undefined)[]
  /** From 0. */
  readonly active: number
}

export const sizeOf = ({ rows, columns }: Grid): number => rows * columns

/** Of numbers that came from anywhere: at least one cell, and not more than `MOST` in a row or a column. */
export function gridOf(rows: number, columns: number): Grid {
  const within = (many: number): number => Math.min(MOST, Math.max(1, Math.trunc(many) || 1))
  return { rows: within(rows), columns: within(columns) }
}

/** The smallest customary grid with room for so many. */
export function gridFor(many: number): Grid {
  if (many <= 1) return ONE
  if (many <= 2) return { rows: 1, columns: 2 }
  const columns = Math.min(MOST, Math.ceil(Math.sqrt(many)))
  return gridOf(Math.ceil(many / columns), columns)
}

/** So many of the contents as there is room for. */
export function laidOut<T>(grid: Grid, contents: readonly (T | undefined)[], active = 0): Layout<T> {
  const cells = Array.from({ length: sizeOf(grid) }, (_, index) => contents[index])
  return { grid, cells, active: Math.min(Math.max(active, 0), cells.length - 1) }
}

/**
 * The same contents in another grid, in their order: cells that are new get what is next, and where there is less room the
 * active one and those before it stay.
 */
export function rearranged<T>({ cells, active }: Layout<T>, grid: Grid, next: readonly T[]): Layout<T> {
  const size = sizeOf(grid)
  const first = Math.max(0, active - size + 1)
  const kept = cells.slice(first, first + size)
  return laidOut(grid, filled([...kept, ...Array<undefined>(size - kept.length)], next), active - first)
}

function filled<T>(cells: readonly (T | undefined)[], next: readonly T[]): readonly (T | undefined)[] {
  const waiting = [...next]
  return cells.map((cell) => cell ?? waiting.shift())
}

export function put<T>(layout: Layout<T>, index: number, content: T | undefined): Layout<T> {
  return { ...layout, cells: layout.cells.map((cell, at) => (at === index ? content : cell)) }
}

/** Another cell becomes the active one; one that there is not changes nothing. */
export const activated = <T>(layout: Layout<T>, index: number): Layout<T> =>
  index in layout.cells ? { ...layout, active: index } : layout

/** The cell before or behind the active one; behind the last comes the first. */
export const stepped = <T>(layout: Layout<T>, by: number): Layout<T> =>
  activated(layout, (layout.active + by + layout.cells.length) % layout.cells.length)
