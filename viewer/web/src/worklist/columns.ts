/** The columns of the worklist: which there are, and in which order somebody wants to see which of them. */
import type { Sorting } from './list-state'

export const COLUMNS = ['due', 'patient', 'examination', 'site', 'arrival', 'images', 'state', 'holder'] as const
export type Column = (typeof COLUMNS)[number]

/** The order in which somebody has all columns, and those that they do not see. */
export type Arrangement = { readonly order: readonly Column[]; readonly hidden: readonly Column[] }

export const AS_SHIPPED: Arrangement = { order: COLUMNS, hidden: ['arrival'] }

/** Who it is always stands there: the row opens by it. */
export const ALWAYS: Column = 'patient'

export const SORTS: Readonly<Partial<Record<Column, Sorting>>> = {
  due: 'due',
  patient: 'patient',
  examination: 'modality',
  site: 'site',
  arrival: 'arrival',
  state: 'state',
}

export const shown = ({ order, hidden }: Arrangement): readonly Column[] =>
  order.filter((column) => !hidden.includes(column))

export function toggled({ order, hidden }: Arrangement, column: Column): Arrangement {
  if (column === ALWAYS) return { order, hidden }
  const others = hidden.filter((each) => each !== column)
  return { order, hidden: others.length < hidden.length ? others : [...hidden, column] }
}

/** A column one place to the left or to the right among those that are seen. */
export function moved(arrangement: Arrangement, column: Column, by: 1 | -1): Arrangement {
  const seen = shown(arrangement)
  const beside = seen[seen.indexOf(column) + by]
  return beside && seen.includes(column) ? placed(arrangement, column, beside) : arrangement
}

/** A column in the place of another one, which makes room on the side from which it comes. */
export function placed({ order, hidden }: Arrangement, column: Column, at: Column): Arrangement {
  const others = order.filter((each) => each !== column)
  const before = order.indexOf(column) > order.indexOf(at)
  const place = others.indexOf(at) + (before ? 0 : 1)
  return column === at ? { order, hidden } : { order: others.toSpliced(place, 0, column), hidden }
}

/** What was kept, with columns that came since; as shipped where nothing legible was. */
export function arrangementOf(kept: unknown): Arrangement {
  const { order, hidden } = (kept ?? {}) as { order?: unknown; hidden?: unknown }
  const known = (names: unknown): Column[] =>
    Array.isArray(names) ? COLUMNS.filter((column) => names.includes(column)) : []
  if (known(order).length === 0) return AS_SHIPPED
  const inOrder = (order as readonly unknown[]).filter((name): name is Column => COLUMNS.includes(name as Column))
  const all = [...new Set([...inOrder, ...COLUMNS])]
  return { order: all, hidden: known(hidden).filter((column) => column !== ALWAYS) }
}
