/** What a worklist shows, as values: tab, filters, sorting and page, and how the address behind the # says them. */
import { NO_FILTERS, type Filters } from './filters'
import type { TabName } from './tabs'

/** As `GET /api/cases` takes it; `urgency` is the order of the queue, critical results first. */
export const SORTINGS = ['urgency', 'due', 'arrival', 'patient', 'modality', 'site', 'state'] as const
export type Sorting = (typeof SORTINGS)[number]

export type ListState = {
  readonly tab: TabName
  readonly filters: Filters
  readonly sort: Sorting
  readonly descending: boolean
  readonly page: number
}

const IN_ADDRESS = ['state', 'modality', 'site'] as const
const CODE = /^[\w.-]{1,40}$/
const LAST_PAGE = 10_000

export const startOf = (tab: TabName): ListState => ({
  tab,
  filters: NO_FILTERS,
  sort: 'urgency',
  descending: false,
  page: 1,
})

/** Another click on a column turns its order round, a third one leads back to the order of the queue. */
export function sortedBy(state: ListState, sort: Sorting): ListState {
  if (state.sort !== sort) return { ...state, sort, descending: false, page: 1 }
  if (!state.descending) return { ...state, descending: true, page: 1 }
  return { ...state, sort: 'urgency', descending: false, page: 1 }
}

/** The words that somebody types name a patient: they never stand in an address. */
export function addressOfList(state: ListState): string {
  const said = new URLSearchParams({ tab: state.tab })
  for (const name of IN_ADDRESS) if (state.filters[name]) said.set(name, state.filters[name])
  if (state.sort !== 'urgency') said.set('sort', `${state.descending ? '-' : ''}${state.sort}`)
  if (state.page > 1) said.set('page', String(state.page))
  return `#/?${said}`
}

/** What an address says, for somebody who has these tabs; nothing where it names none of them. */
export function listOfAddress(hash: string, tabs: readonly TabName[]): ListState | undefined {
  if (!hash.startsWith('#/?')) return undefined
  const said = new URLSearchParams(hash.slice(3))
  const tab = tabs.find((name) => name === said.get('tab'))
  if (!tab) return undefined
  const filters: Record<string, string> = { ...NO_FILTERS }
  for (const name of IN_ADDRESS) if (CODE.test(said.get(name) ?? '')) filters[name] = said.get(name) ?? ''
  const sort = said.get('sort') ?? 'urgency'
  const page = Number(said.get('page') ?? 1)
  return {
    tab,
    filters: filters as Filters,
    sort: SORTINGS.find((name) => name === sort.replace(/^-/, '')) ?? 'urgency',
    descending: sort.startsWith('-'),
    page: Number.isInteger(page) && page >= 1 && page <= LAST_PAGE ? page : 1,
  }
}

/** Where somebody was when they left the list; in this page alone, until it is loaded anew. */
export type Left = { readonly state: ListState; readonly scroll: number; readonly selected: string | undefined }

const left = new Map<string, Left>()

export const leave = (personId: string, where: Left): unknown => left.set(personId, where)

/** Whoever comes back stands where they were; another address than theirs counts more. */
export function comeBack(personId: string, hash: string, tabs: readonly TabName[]): Left {
  const was = left.get(personId)
  const asked = listOfAddress(hash, tabs)
  if (was && tabs.includes(was.state.tab) && (!asked || addressOfList(was.state) === addressOfList(asked))) return was
  return { state: asked ?? startOf(tabs[0] ?? 'all'), scroll: 0, selected: undefined }
}
