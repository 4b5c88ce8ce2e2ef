/** What stands of a report on the server: its newest valid version, the draft, and what was signed. */
import type { CaseDetail } from '../api/case-detail'
import type { Content, ReportVersion } from '../api/report'
import type { Version } from '../keeping/form-state'
import { EMPTY, sameContent } from './content'

type Versions = Pick<CaseDetail, 'versions'>

/** The report as it stands, the newest valid version. */
export function standingIn({ versions }: Versions): ReportVersion | undefined {
  const valid = versions.filter(({ status }) => status === 'preliminary' || status === 'final')
  return valid.sort((a, b) => b.number - a.number)[0]
}

/** What a report is written on from: the draft, else the words that stand. */
export function draftIn(detail: Versions & Pick<CaseDetail, 'draft'>): Version<Content> {
  const { draft } = detail
  const words = draft?.content ?? standingIn(detail)?.content ?? EMPTY
  return { words, revision: draft?.revision ?? 0, savedAt: draft?.saved_at ?? null }
}

/** What an addendum begins with. */
export const toBeAddedTo = ({ content, number }: ReportVersion): Version<Content> => ({
  words: content,
  revision: number,
  savedAt: null,
})

/** The answer to a signature may be lost on the way: what was signed is left over, and nobody's loss. */
export const isSigned = ({ versions }: Versions, content: Content): boolean =>
  versions.some((version) => sameContent(version.content, content))
