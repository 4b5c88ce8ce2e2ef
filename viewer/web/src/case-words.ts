/** How a case is named on the worklist and at the desk. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Case } from './api/case'
import { dueFrom, urgencyOf, type Due, type Urgency } from './due'
import { named, text } from './language'

/** e.g. "DR Hand, left". */
export function examinationOf(
  examined: Pick<Case, 'modality' | 'body_part'> & { readonly laterality?: string },
): string {
  const part = examined.body_part ? ` ${named('body', examined.body_part)}` : ''
  const side = examined.laterality ? `${text('common.comma')}${named('side', examined.laterality)}` : ''
  return `${named('modality', examined.modality)}${part}${side}`
}

/** "M, 45" with what is known of both. */
export function personOf({ sex, age }: Case['patient']): string {
  const years = age === null || age === '' ? '' : typeof age === 'number' ? text('age.years', { n: age }) : age
  return [sex ? named('sex', sex) : '', years].filter(Boolean).join(' · ')
}

/** The facts in which two persons differ, in words. */
export const traits = (codes: readonly string[]): string =>
  codes.map((code) => named('match', code)).join(text('list-comma'))

export const nameOfPatient = (patient: Case['patient']): string => patient.name || text('patient-unknown')

/** That nobody knows whose the images are, or that they may be somebody else's, or name somebody else for good. */
export function identityTag({
  identity,
  linked,
  patient,
}: Pick<Case, 'identity' | 'linked' | 'patient'>): TemplateResult | typeof nothing {
  if (identity === 'differs') return html`<span class="tag danger">${text('desk.identity-differs')}</span>`
  if (patient.differing.length > 0)
    return html`<span class="tag danger" title=${text('identity.another', { what: traits(patient.differing) })}
      >${text('identity.tag-another', { what: traits(patient.differing) })}</span
    >`
  return linked
    ? nothing
    : html`<span class="tag warning" title=${text('desk.not-linked-explained')}>${text('township.not-linked')}</span>`
}

/** In how long it is due, or that its clock stands still while it is back at the township. */
export function dueOf(
  item: Pick<Case, 'due_at' | 'state'>,
  now: Date,
): { readonly words: string; readonly overdue: boolean; readonly urgency: Urgency } {
  if (item.state === 'returned') return { words: text('due.paused'), overdue: false, urgency: 'later' }
  const due = dueFrom(new Date(item.due_at), now)
  const { overdue, count, unit, minutes } = due
  const words =
    unit === 'hour'
      ? text(overdue ? 'due.over-hours' : 'due.in-hours', { hours: count, minutes: minutes % 60 })
      : inOneUnit(due)
  return { words, overdue, urgency: urgencyOf(due) }
}

/** How far it is in its one unit; nobody has no minutes left. */
export function inOneUnit({ overdue, count, unit }: Due): string {
  if (count === 0) return text(overdue ? 'due.over-less' : 'due.in-less')
  return text(overdue ? `common.over-${unit}` : `common.in-${unit}`, { n: count })
}

/** Whether the clock still matters. */
export const isOpen = (state: Case['state']): boolean =>
  state !== 'final' && state !== 'withdrawn' && state !== 'withheld' && state !== 'emptied'

export function imagesOf({ images, arriving }: Pick<Case, 'images' | 'arriving'>): string {
  // More may have come than was announced, or than were counted when the case was last quiet.
  const expected = Math.max(images.expected ?? 0, images.arrived)
  const alone = images.expected === null || (images.held > 0 && images.arrived >= expected)
  const count = alone ? String(images.arrived) : `${images.arrived} / ${expected}`
  return arriving ? `${count} …` : count
}

/** Something announced is not here. */
export const lacks = ({ images }: Pick<Case, 'images'>): boolean =>
  images.expected !== null && images.arrived < images.expected

/** Something is not here or cannot be seen, or more may come: as the server says. */
export const isIncomplete = ({ images }: Pick<Case, 'images'>): boolean => !images.complete

const BY_URGENCY: readonly Case['priority'][] = ['emergency', 'urgent', 'routine']

export const isMoreUrgent = (one: Case['priority'], than: Case['priority']): boolean =>
  BY_URGENCY.indexOf(one) < BY_URGENCY.indexOf(than)
