/** What a reviewer judges of a report, and what keeps a judgement from being given. */
import type { ReviewOutcome } from '../api/report'

/** RADPEER of 2016 (American College of Radiology): 1 concurs; 2 and 3 differ, b where it is likely to matter to the patient. */
export const SCORES = ['1', '2a', '2b', '3a', '3b'] as const
export type Score = (typeof SCORES)[number]

/** `score` is empty until one is given. */
export type Judgement = {
  readonly outcome: ReviewOutcome | null
  readonly score: Score | ''
  readonly comment: string
}

export const NOT_JUDGED: Judgement = { outcome: null, score: '', comment: '' }

export const OUTCOMES: readonly ReviewOutcome[] = ['agree', 'amend', 'send_back']

/** What keeps a judgement from being given: agreeing needs no words, the others do. */
export function missingOf({ outcome, score, comment }: Judgement): 'outcome' | 'score' | 'comment' | null {
  if (outcome === null) return 'outcome'
  if (score === '') return 'score'
  return outcome !== 'agree' && comment.trim() === '' ? 'comment' : null
}

/** Agreeing is score 1. Beside a correction it stands only where somebody chooses it: for wording, say. */
export function withOutcome(judgement: Judgement, outcome: ReviewOutcome): Judgement {
  if (outcome === 'agree') return { ...judgement, outcome, score: '1' }
  return { ...judgement, outcome, score: judgement.score === '1' ? '' : judgement.score }
}

/** Whoever gives the score of a miss agrees no more. */
export function withScore(judgement: Judgement, score: Score): Judgement {
  return { ...judgement, score, outcome: judgement.outcome === 'agree' && score !== '1' ? null : judgement.outcome }
}
