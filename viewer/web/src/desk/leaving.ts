/** Leaving a case: what is typed is saved first, and nobody loses words unasked. */
import { text } from '../language'
import { ask } from '../shell/ask'
import type { CaseForms } from './case-forms'

/** So long somebody who leaves waits for what they wrote to be saved. */
const SAVE_MS = 3_000

/** Whether the person goes although words are unsent. */
export async function mayLeave(forms: CaseForms): Promise<boolean> {
  await Promise.race([forms.settle(), new Promise((resolve) => setTimeout(resolve, SAVE_MS))])
  if (!forms.unsent) return true
  const answer = await ask({
    title: text('desk.leave-asks'),
    words: text(forms.lasting ? 'desk.leave-kept' : 'desk.leave-lost'),
    confirm: text('desk.leave'),
    danger: !forms.lasting,
  })
  return answer !== null
}
