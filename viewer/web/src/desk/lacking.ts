/** What keeps the work at a case from being decided: words of the report, of an opinion or of a judgement that lack. */
import { unfinished } from './content'
import { missingOf } from './judgement'
import { lackOf } from './opinion'
import type { Work } from './work'

export function isLacking({ content, detail, forms: { judgement }, step, withOpinion }: Work): boolean {
  const isReview = step === 'review'
  if (isReview && missingOf(judgement) !== null) return true
  if (withOpinion && detail && lackOf(content.opinion, detail.of_breasts) !== null) return true
  return (!isReview || judgement.outcome === 'amend') && unfinished(content).length > 0
}
