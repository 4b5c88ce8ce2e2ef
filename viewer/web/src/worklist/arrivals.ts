/** What is new in a list that somebody is reading: it is told, and nothing moves under their hands. */
import type { Case } from '../api/case'

/** A row that stays in its place until the person asks for the new list. */
export type Row = { readonly item: Case; readonly gone: boolean }

/** The rows as they stand, each as it is now, and how many cases of the new list are not among them. */
export function inPlace(
  rows: readonly Row[],
  fetched: readonly Case[],
): { readonly rows: readonly Row[]; readonly fresh: number } {
  const now = new Map(fetched.map((item) => [item.id, item]))
  const before = new Set(rows.map(({ item }) => item.id))
  return {
    rows: rows.map(({ item }) => ({ item: now.get(item.id) ?? item, gone: !now.has(item.id) })),
    fresh: fetched.filter(({ id }) => !before.has(id)).length,
  }
}

export const rowsOf = (fetched: readonly Case[]): readonly Row[] => fetched.map((item) => ({ item, gone: false }))

/** Whether the rows stand in another order, or are others, than in the new list. */
export const differs = (rows: readonly Row[], fetched: readonly Case[]): boolean =>
  rows.length !== fetched.length || rows.some(({ item }, place) => item.id !== fetched[place]?.id)
