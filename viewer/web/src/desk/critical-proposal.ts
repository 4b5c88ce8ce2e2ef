/** The critical result that a report names and nobody was told of: its class, and the sentence that says it. */
import type { CheckFinding, Content } from '../api/report'
import { placeIn } from './checks'

export type Proposal = { readonly criticalClass: string; readonly finding: string; readonly words: string }

const STOPS = /[。；;！!？?\n]|\.(?=\s|$)/gu

/** The first one that the checks found whose class the site has; undefined where there is none. */
export function proposalIn(
  findings: readonly CheckFinding[],
  content: Content,
  classes: readonly string[],
): Proposal | undefined {
  const found = findings.find((one) => one.critical_class !== '' && classes.includes(one.critical_class))
  if (!found?.part) return undefined
  const said = content[found.part]
  return {
    criticalClass: found.critical_class,
    finding: sentenceAround(said, placeIn(said, found)),
    words: found.words,
  }
}

/** Without its number in a list and its full stop. */
function sentenceAround(said: string, [from, to]: readonly [number, number]): string {
  const stops = [...said.matchAll(STOPS)].map(({ index }) => index)
  const before = stops.findLast((index) => index < from)
  const after = stops.find((index) => index >= to)
  return said
    .slice(before === undefined ? 0 : before + 1, after)
    .trim()
    .replace(/^\d+\s*[.、)）]\s*/u, '')
}
