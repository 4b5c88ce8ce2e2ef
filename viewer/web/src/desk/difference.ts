/** What changed between two texts, word by word, as runs to be shown side by side. */

export type Run = { readonly kind: 'same' | 'removed' | 'added'; readonly text: string }

/** Chinese has no spaces: each character is a word there; elsewhere a word, a space or a mark is one. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\p{Script=Han}|[\p{L}\p{N}.]+|\s+|[^\s]/gu) ?? []
}

/** The shortest such list by longest common subsequence; texts of a report are short, so the table is small. */
export function differenceOf(before: string, after: string): readonly Run[] {
  const a = wordsOf(before)
  const b = wordsOf(after)
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const runs: { kind: Run['kind']; text: string }[] = []
  const add = (kind: Run['kind'], word: string): void => {
    const last = runs.at(-1)
    if (last?.kind === kind) last.text += word
    else runs.push({ kind, text: word })
  }
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const removed = a[i]
    const added = b[j]
    if (removed !== undefined && removed === added) {
      add('same', removed)
      i++
      j++
    } else if (removed !== undefined && (added === undefined || at(i + 1, j) >= at(i, j + 1))) {
      add('removed', removed)
      i++
    } else if (added !== undefined) {
      add('added', added)
      j++
    }
  }
  return runs
}
