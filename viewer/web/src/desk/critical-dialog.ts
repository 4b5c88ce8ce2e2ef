/** Asks for a critical result: its class from the list of the site, and what was found. */
import { html, nothing } from 'lit'
import { text } from '../language'
import type { Option } from '../shell/ask'
import { askKept } from './kept-dialog'
import { proposalIn, type Proposal } from './critical-proposal'
import type { Work } from './work'

/** A dialog for a critical result waits no longer for what might be proposed in it. */
const PATIENCE_MS = 1_000

/** Null when the person thought better of it. What the report names stands there to be looked at; nothing is told by itself. */
export async function askCritical(
  work: Work,
): Promise<{ readonly criticalClass: string; readonly finding: string } | null> {
  const { detail, forms } = work
  const proposed = await proposalOf(work)
  // What is expected in such an examination comes first.
  const classes: readonly Option[] = (detail?.critical_classes ?? []).map(({ code, name, minutes, fits }) => ({
    value: code,
    label: text('desk.critical-choice', { name, n: minutes }),
    group: text(fits ? 'desk.critical-fits' : 'desk.critical-others'),
  }))
  const answer = await askKept(forms, 'critical', {
    title: text('desk.critical'),
    words: html`<p>${text('desk.critical-means')}</p>
      ${proposed ? html`<p class="note">${text('desk.critical-proposed', { words: proposed.words })}</p>` : nothing}`,
    fields: [
      {
        name: 'class',
        label: text('desk.critical-class'),
        kind: 'choice',
        options: [{ value: '', label: text('desk.critical-choose') }, ...classes],
        value: proposed?.criticalClass ?? '',
      },
      { name: 'finding', label: text('desk.critical-finding'), kind: 'text', value: proposed?.finding ?? '' },
    ],
    confirm: text('desk.critical-confirm'),
    danger: true,
  })
  const criticalClass = answer?.['class']
  return criticalClass ? { criticalClass, finding: answer['finding'] ?? '' } : null
}

async function proposalOf({ content, detail, forms }: Work): Promise<Proposal | undefined> {
  const late = new Promise<undefined>((settle) => setTimeout(() => settle(undefined), PATIENCE_MS))
  const checked = await Promise.race([forms.checks.now(content), late])
  const classes = (detail?.critical_classes ?? []).map(({ code }) => code)
  return checked && proposalIn(checked.findings, content, classes)
}
