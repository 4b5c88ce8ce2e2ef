/** A refusal in words: what happened and what to do. */
import { Problem, Unreachable } from '../api/problem'
import { fill, named, text } from '../language'

/** Raises what is no refusal of the server: a mistake of ours belongs in the console, not in a sentence. */
export function wordsFor(error: unknown): string {
  if (error instanceof Unreachable) return text('common.unreachable')
  if (!(error instanceof Problem)) throw error
  const slug = error.slug === 'other' ? 'failed' : error.slug
  const values = Object.fromEntries(Object.entries(error.fields).map(([name, value]) => [name, String(value)]))
  const sentence = `${named('problem', slug)}${text('common.stop')}${named('problem', `${slug}.advice`)}`
  const where = error.field('field') || error.field('rule')
  return fill(where ? `${sentence} [${where}]` : sentence, values)
}
