/** What a reviewer judges of a report, and what keeps a judgement from being given. */
import type { ReviewOutcome } from '../api/report'

export type Judgement = { readonly outcome: ReviewOutcome | null; readonly score: string; readonly comment: string }

export const NOT_JUDGED: Judgement = { outcome: null, score: '', comment: '' }

/** RADPEER of 2016 (American College of Radiology): 1 concurs; 2 and 3 differ, b where it is likely to matter to the patient. */
export const SCORES = ['1', '2a', '2b', '3a', '3b'] as const

export const OUTCOMES: readonly ReviewOutcome[] = ['agree', 'amend', 'send_back']

/** What keeps a judgement from being given: agreeing needs no words, the others do. */
export function missingOf({ outcome, score, comment }: Judgement): 'outcome' | 'score' | 'comment' | null {
  if (outcome === null) return 'outcome'
  if (score === '') return 'score'
  return outcome !== 'agree' && comment.trim() === '' ? 'comment' : null
}
