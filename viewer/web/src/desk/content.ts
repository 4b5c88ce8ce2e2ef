/** The content of a report: blank, the same as another, or lacking something. */
import type { Content } from '../api/report'
import { sameMarks } from './marks'

export const EMPTY: Content = { findings: '', impression: '', positive: null, critical_class: null, recommendation: '' }

export function sameContent(a: Content, b: Content): boolean {
  return (
    a.findings === b.findings &&
    a.impression === b.impression &&
    a.positive === b.positive &&
    a.critical_class === b.critical_class &&
    a.recommendation === b.recommendation &&
    JSON.stringify(a.form ?? null) === JSON.stringify(b.form ?? null) &&
    JSON.stringify(a.opinion ?? null) === JSON.stringify(b.opinion ?? null) &&
    sameMarks(a.marks ?? [], b.marks ?? [])
  )
}

/** What still keeps a report from being signed, by the name of its field. */
export function unfinished(content: Content): readonly ('findings' | 'impression' | 'positive')[] {
  const missing: ('findings' | 'impression' | 'positive')[] = []
  if (content.findings.trim() === '') missing.push('findings')
  if (content.impression.trim() === '') missing.push('impression')
  if (content.positive === null) missing.push('positive')
  return missing
}
