/** Phrases: a shortcut typed after a slash becomes its words at the next space. */
import type { Phrase } from '../api/templates'

/** A slash at the start, behind a space or behind Chinese punctuation: 1/3 and L4/5 are no shortcuts. */
const TYPED = /(^|[\s，。；、：（(])\/([^\s/]{1,20})[\s]$/u

/** The text with the shortcut before the caret replaced, and where the caret stands then; null where there is none. */
export function expanded(
  said: string,
  caret: number,
  phrases: readonly Phrase[],
): { readonly said: string; readonly caret: number } | null {
  const found = TYPED.exec(said.slice(0, caret))
  const phrase = phrases.find(({ shortcut }) => shortcut === found?.[2])
  if (!found || !phrase) return null
  const begin = found.index + (found[1]?.length ?? 0)
  return {
    said: said.slice(0, begin) + phrase.words + said.slice(caret),
    caret: begin + phrase.words.length,
  }
}
