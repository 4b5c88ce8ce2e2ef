/** What the keys of the worklist do, and how they go from row to row. */
import type { ListAct } from '../keys/acts'
import { keys } from '../keys/keys'
import { showKeys } from '../keys/keys-dialog'

export type ListHand = Readonly<
  Record<Exclude<ListAct, 'list-help' | 'row-before' | 'row-after'>, () => void> & { step: (by: 1 | -1) => void }
>

/** Whether the key did something; never while somebody types. */
export function pressed(event: KeyboardEvent, hand: ListHand): boolean {
  const target = event.target as HTMLElement
  if (target.closest('input, textarea, select, dialog')) return false
  const act = keys.actOf(event, 'list') as ListAct | undefined
  const isStep = act === 'row-before' || act === 'row-after'
  if (!act || (isStep && target.closest('[role=tablist], details'))) return false
  event.preventDefault()
  if (keys.isHeld(event, 'list')) return true
  if (act === 'list-help') showKeys('list')
  else if (isStep) hand.step(act === 'row-after' ? 1 : -1)
  else hand[act]()
  return true
}

/** To the row above or below, or to the selected one where none has the focus. */
export function stepRow(list: HTMLElement, selected: HTMLAnchorElement | null, by: 1 | -1): void {
  const links = [...list.querySelectorAll<HTMLAnchorElement>('tbody a.open')]
  const at = selected ? links.indexOf(selected) : -1
  const next = document.activeElement === selected ? at + by : Math.max(at, 0)
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus()
}
