/** Asks for a critical result: its class from the list of the site, and what was found. */
import { text } from '../language'
import type { Option } from '../shell/ask'
import { askKept } from './kept-dialog'
import type { Work } from './work'

/** Null when the person thought better of it. */
export async function askCritical({
  detail,
  forms,
}: Work): Promise<{ readonly criticalClass: string; readonly finding: string } | null> {
  // What is expected in such an examination comes first.
  const classes: readonly Option[] = (detail?.critical_classes ?? []).map(({ code, name, minutes, fits }) => ({
    value: code,
    label: text('desk.critical-choice', { name, n: minutes }),
    group: text(fits ? 'desk.critical-fits' : 'desk.critical-others'),
  }))
  const answer = await askKept(forms, 'critical', {
    title: text('desk.critical'),
    words: text('desk.critical-means'),
    fields: [
      {
        name: 'class',
        label: text('desk.critical-class'),
        kind: 'choice',
        options: [{ value: '', label: text('desk.critical-choose') }, ...classes],
      },
      { name: 'finding', label: text('desk.critical-finding'), kind: 'text' },
    ],
    confirm: text('desk.critical-confirm'),
    danger: true,
  })
  const criticalClass = answer?.['class']
  return criticalClass ? { criticalClass, finding: answer['finding'] ?? '' } : null
}
