/** The tabs of the worklist: whom each is for and which cases it asks the server for. */
import type { CaseQuery } from '../api/office'
import type { Step } from '../api/case'
import type { Role, Session } from '../api/session'

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
  /** Whom it is for; none: for everyone. */
  readonly roles: readonly Role[]
  readonly query: CaseQuery
  /** What "take the next case" takes while this tab is open; nothing where it takes whatever is next. */
  readonly step?: Step
}

const TABS: readonly Tab[] = [
  { name: 'read', roles: ['reader', 'resident'], query: { state: 'waiting_read' }, step: 'read' },
  { name: 'second', roles: ['reader'], query: { state: 'waiting_second' }, step: 'second' },
  { name: 'verify', roles: ['verifier'], query: { state: 'waiting_verify' }, step: 'verify' },
  { name: 'before_release', roles: ['reviewer'], query: { tab: 'before_release' }, step: 'review' },
  { name: 'sampled', roles: ['reviewer'], query: { tab: 'sampled' }, step: 'review' },
  { name: 'escalated', roles: ['reviewer'], query: { tab: 'escalated' }, step: 'read' },
  { name: 'disputed', roles: ['reviewer'], query: { tab: 'disputed' }, step: 'review' },
  { name: 'arbitration', roles: ['reviewer'], query: { state: 'waiting_arbitration' }, step: 'arbitrate' },
  { name: 'late', roles: ['reader', 'resident'], query: { tab: 'late' } },
  { name: 'mine', roles: [], query: { tab: 'mine' } },
  { name: 'all', roles: [], query: {} },
]

const TAKES = new Set<Role>(['reader', 'resident', 'verifier', 'reviewer'])

export function tabsFor(session: Session): readonly Tab[] {
  const held = new Set(session.grants.map((grant) => grant.role))
  return TABS.filter(({ name, roles }) =>
    name === 'mine' ? takesCases(session) : roles.length === 0 || roles.some((role) => held.has(role)),
  )
}

/** Whether the person takes cases at all. */
export const takesCases = (session: Session): boolean => session.grants.some(({ role }) => TAKES.has(role))
