/** The tabs of the worklist: whom each is for and which cases it asks the server for. */
import type { CaseQuery } from '../api/office'
import type { Role, Session, Step } from '../api/shapes'

export type TabName =
  | 'read'
  | 'second'
  | 'verify'
  | 'arbitration'
  | 'before_release'
  | 'sampled'
  | 'escalated'
  | 'disputed'
  | 'late'
  | 'mine'
  | 'all'

export type Tab = {
  readonly name: TabName
  /** Nobody in particular: for everyone. */
  readonly role: Role | null
  readonly query: CaseQuery
  /** What "take the next case" takes while this tab is open; nothing where it takes whatever is next. */
  readonly step?: Step
}

const TABS: readonly Tab[] = [
  { name: 'read', role: 'reader', query: { state: 'waiting_read' }, step: 'read' },
  { name: 'second', role: 'reader', query: { state: 'waiting_second' }, step: 'second' },
  { name: 'verify', role: 'verifier', query: { state: 'waiting_verify' }, step: 'verify' },
  { name: 'before_release', role: 'reviewer', query: { tab: 'before_release' }, step: 'review' },
  { name: 'sampled', role: 'reviewer', query: { tab: 'sampled' }, step: 'review' },
  { name: 'escalated', role: 'reviewer', query: { tab: 'escalated' }, step: 'read' },
  { name: 'disputed', role: 'reviewer', query: { tab: 'disputed' }, step: 'review' },
  { name: 'arbitration', role: 'reviewer', query: { state: 'waiting_arbitration' }, step: 'arbitrate' },
  { name: 'late', role: 'reader', query: { tab: 'late' } },
  { name: 'mine', role: null, query: { tab: 'mine' } },
  { name: 'all', role: null, query: {} },
]

export function tabsFor(session: Session): readonly Tab[] {
  const roles = new Set(session.grants.map((grant) => grant.role))
  return TABS.filter((tab) => (tab.name === 'mine' ? takesCases(session) : tab.role === null || roles.has(tab.role)))
}

/** Whether the person takes cases at all. */
export const takesCases = (session: Session): boolean =>
  session.grants.some(({ role }) => role === 'reader' || role === 'verifier' || role === 'reviewer')
