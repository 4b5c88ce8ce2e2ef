/** A refusal in words: what happened and what to do. */
import { Problem, Unreachable } from '../api/problem'
import { fill, named, text } from '../language'

/** Raises what is no refusal of the server: a mistake of ours belongs in the console, not in a sentence. */
export function wordsFor(error: unknown): string {
  if (error instanceof Unreachable) return text('common.unreachable')
  if (!(error instanceof Problem)) throw error
  const slug = error.slug === 'other' ? 'failed' : error.slug
  const values = Object.fromEntries(Object.entries(error.fields).map(([name, value]) => [name, String(value)]))
  const what = `${named('problem', slug)}${text('common.stop')}`
  const exactly = explained(error)
  if (exactly) return fill(`${what}${exactly}`, values)
  const where = error.field('field') || error.field('rule')
  return fill(`${what}${named('problem', `${slug}.advice`)}${where ? ` [${where}]` : ''}`, values)
}

/** The sentence that says exactly what was wrong, as the server's pages have it; "" where the catalogue has none. */
function explained(error: Problem): string {
  const [field, problem, rule] = [error.field('field'), error.field('problem'), error.field('rule')]
  const codes: [string, string][] = error.slug === 'not-allowed' ? [['rule', rule]] : []
  if (error.slug === 'speech-failed') codes.push(['speech', error.field('why')])
  if (error.slug === 'invalid') codes.push(['invalid', `${field}.${problem}`], ['invalid', problem])
  return codes.map(([prefix, code]) => (named(prefix, code) === code ? '' : named(prefix, code))).find(Boolean) ?? ''
}
