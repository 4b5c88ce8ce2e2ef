/** What "take the next case" takes in the list that somebody came from, or finds first; nothing: whatever is next. */
import type { Step } from '../api/case'
import type { Session } from '../api/session'
import { comeBack } from './list-state'
import { tabsFor } from './tabs'

export function stepOfList(session: Session): Step | undefined {
  const tabs = tabsFor(session)
  const names = tabs.map(({ name }) => name)
  const { tab } = comeBack(session.person.id, '', names).state
  return tabs.find(({ name }) => name === tab)?.step
}
