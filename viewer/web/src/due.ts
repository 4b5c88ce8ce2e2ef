/** How far a due time lies ahead or behind, in the one unit that a reader needs. */

export type Due = {
  readonly overdue: boolean
  readonly count: number
  readonly unit: 'minute' | 'hour' | 'day'
  /** All of it in minutes. */
  readonly minutes: number
}

const MINUTE_MS = 60_000
const SOON_MINUTES = 15

/** How a clock is shown: by its colour, and by a sign for whoever sees none. */
export type Urgency = 'overdue' | 'soon' | 'later'

export const urgencyOf = ({ overdue, count, unit }: Due): Urgency =>
  overdue ? 'overdue' : unit === 'minute' && count < SOON_MINUTES ? 'soon' : 'later'

export const signOf = (urgency: Urgency): string => ({ overdue: '▲', soon: '△', later: '' })[urgency]

/** Rounds towards the due time, so that "5 minutes left" is never less than five minutes and nothing is overdue early. */
export function dueFrom(due: Date, now: Date): Due {
  const ahead_ms = due.getTime() - now.getTime()
  const overdue = ahead_ms < 0
  const minutes = Math.floor(Math.abs(ahead_ms) / MINUTE_MS)
  if (minutes < 90) return { overdue, count: minutes, unit: 'minute', minutes }
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return { overdue, count: hours, unit: 'hour', minutes }
  return { overdue, count: Math.floor(hours / 24), unit: 'day', minutes }
}
