import { expect, test } from 'vitest'
import type { Priority } from '../src/api/case'
import { isMoreUrgent } from '../src/case-words'

const BY_URGENCY: readonly Priority[] = ['emergency', 'urgent', 'routine']

test('what a later order makes more urgent is said, and nothing else', () => {
  const said = BY_URGENCY.flatMap((one) => BY_URGENCY.map((than) => isMoreUrgent(one, than)))

  expect(said).toEqual([false, true, true, false, false, true, false, false, false])
})
