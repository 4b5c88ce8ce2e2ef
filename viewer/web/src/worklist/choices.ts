/** What a person chose for their worklist: columns, the preview, filters by name. */
import type { OwnSettings } from '../keeping/settings'
import { arrangementOf, type Arrangement } from './columns'
import { addressOfList, listOfAddress, type ListState } from './list-state'
import type { TabName } from './tabs'

/** Filters that somebody keeps: what an address may say, so never whom they sought. */
export type Kept = { readonly name: string; readonly address: string }

export type Choices = { readonly columns: Arrangement; readonly preview: boolean; readonly kept: readonly Kept[] }

export const MOST_KEPT = 20
export const LONGEST_NAME = 30

export function choicesOf(settings: OwnSettings): Choices {
  const said = settings.of('worklist')
  const kept = Array.isArray(said['kept']) ? said['kept'].filter(isKept).slice(0, MOST_KEPT) : []
  return { columns: arrangementOf(said['columns']), preview: said['preview'] === true, kept }
}

export const choose = (settings: OwnSettings, change: Partial<Choices>): void => settings.change('worklist', change)

/** The same name replaces; the newest come first. */
export function keep(kept: readonly Kept[], name: string, state: ListState): readonly Kept[] {
  const said = name.trim().slice(0, LONGEST_NAME)
  if (!said) return kept
  const others = kept.filter((each) => each.name !== said)
  return [{ name: said, address: addressOfList({ ...state, page: 1 }) }, ...others].slice(0, MOST_KEPT)
}

/** Nothing where its tab is no longer theirs. */
export const stateOf = ({ address }: Kept, tabs: readonly TabName[]): ListState | undefined =>
  listOfAddress(address, tabs)

function isKept(one: unknown): one is Kept {
  const { name, address } = (one ?? {}) as Partial<Kept>
  return typeof name === 'string' && typeof address === 'string'
}
