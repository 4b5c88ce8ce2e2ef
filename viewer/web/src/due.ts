/** How far a due time lies ahead or behind, in the one unit that a reader needs. */

export type Due = { readonly overdue: boolean; readonly count: number; readonly unit: 'minute' | 'hour' | 'day' }

const MINUTE_MS = 60_000

/** Rounds towards the due time, so that "5 minutes left" is never less than five minutes and nothing is overdue early. */
export function dueFrom(due: Date, now: Date): Due {
  const ahead_ms = due.getTime() - now.getTime()
  const overdue = ahead_ms < 0
  const minutes = Math.floor(Math.abs(ahead_ms) / MINUTE_MS)
  if (minutes < 90) return { overdue, count: minutes, unit: 'minute' }
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return { overdue, count: hours, unit: 'hour' }
  return { overdue, count: Math.floor(hours / 24), unit: 'day' }
}
