/** What the keys of the worklist do, and how they go from row to row. */
import type { ListAct } from '../keys/acts'
import { keys } from '../keys/keys'
import { showKeys } from '../keys/keys-dialog'

export type ListHand = Readonly<
  Record<Exclude<ListAct, 'list-help' | 'row-before' | 'row-after'> | 'first-row' | 'leave-search', () => void> & {
    step: (by: 1 | -1) => void
  }
>

/** Out of the box of the search: to what was found, or just out, with the words left as they are. */
const OUT_OF_SEARCH: ReadonlyMap<string, 'first-row' | 'leave-search'> = new Map([
  ['ArrowDown', 'first-row'],
  ['Enter', 'first-row'],
  ['Escape', 'leave-search'],
])

/** Whether the key did something; while somebody types, only those that lead out of the search. */
export function pressed(event: KeyboardEvent, hand: ListHand): boolean {
  const target = event.target as HTMLElement
  const out = target.closest('#worklist-q') && !event.isComposing && OUT_OF_SEARCH.get(event.key)
  if (out) {
    event.preventDefault()
    if (!event.repeat) hand[out]()
    return true
  }
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
