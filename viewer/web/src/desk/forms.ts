/** The forms of the desk: what each is called where it is kept, when two fillings are the same, and what its fields are. */
import type { Step } from '../api/case'
import type { Mark } from '../api/marks'
import type { Content } from '../api/report'
import type { FilledForm } from '../api/templates'
import { text } from '../language'
import type { Kind } from '../keeping/form-keeper'
import { fieldOf, joined, textOf, type Field } from '../keeping/merge'
import type { Answers } from '../shell/ask'
import { sameContent } from './content'
import type { Judgement } from './judgement'
import { markLine, marksLines } from './marks-view'
import { opinionWords } from './readings-view'

export const reportOf = (step: Step): string => `report/${step}`
export const ADDENDUM = 'addendum'
/** The text that one of two who confer writes for both. */
export const COMMON = 'common'
export const JUDGEMENT = 'judgement'
/** The words that a dialog asks for. */
export const wordsOf = (dialog: string): string => `words/${dialog}`

export const REPORT: Kind<Content> = { same: sameContent }

export const REPORT_FIELDS: readonly Field<Content>[] = [
  textOf('findings', 'report.findings'),
  textOf('impression', 'report.impression'),
  fieldOf('positive', 'report.result', (positive) =>
    positive === null ? '' : text(positive ? 'report.positive' : 'report.negative'),
  ),
  fieldOf('critical_class', 'report.critical', (code) => String(code ?? '')),
  textOf('recommendation', 'report.recommendation'),
  fieldOf('opinion', 'report.opinion', (opinion) =>
    opinion ? opinionWords(opinion as Content['opinion'] & object) : '',
  ),
  fieldOf('form', 'desk.template', (form) => filled(form as FilledForm | null | undefined)),
]

/** For reading all of it: the marks stand in one field. */
export const REPORT_AND_MARKS: readonly Field<Content>[] = [
  ...REPORT_FIELDS,
  fieldOf('marks', 'mark.title', (marks) => marksLines((marks as Content['marks']) ?? [])),
]

/** For choosing between two fillings: each mark is a field, so that what two windows measured stays side by side. */
export const fieldsOfBoth = (mine: Content, theirs: Content): readonly Field<Content>[] => [
  ...REPORT_FIELDS,
  ...[...new Map([...(mine.marks ?? []), ...(theirs.marks ?? [])].map((mark) => [mark.id, mark])).values()].map(
    markField,
  ),
]

function markField({ id, kind }: Mark): Field<Content> {
  const markIn = ({ marks }: Content): Mark | undefined => marks?.find((mark) => mark.id === id)
  return {
    name: `mark.${id}`,
    label: `mark.kind.${kind}`,
    words: (form) => {
      const mark = markIn(form)
      return mark ? markLine(mark) : ''
    },
    take: (from, into) => ({ ...into, marks: put(into.marks ?? [], id, markIn(from)) }),
  }
}

/** In the place of the mark of that id, else at the end; without it where there is none to put. */
const put = (marks: readonly Mark[], id: string, mark: Mark | undefined): readonly Mark[] => {
  if (!mark) return marks.filter((each) => each.id !== id)
  return marks.some((each) => each.id === id) ? marks.map((each) => (each.id === id ? mark : each)) : [...marks, mark]
}

const filled = (form: FilledForm | null | undefined): string =>
  form
    ? Object.entries(form.values)
        .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
        .join('\n') || '—'
    : ''

export const JUDGED: Kind<Judgement> = {
  same: (a, b) => a.outcome === b.outcome && a.score === b.score && a.comment === b.comment,
}

export const JUDGEMENT_FIELDS: readonly Field<Judgement>[] = [
  fieldOf('outcome', 'desk.review', (outcome) => (outcome ? text(`desk.outcome.${outcome as 'agree'}`) : '')),
  fieldOf('score', 'desk.score', String),
  textOf('comment', 'desk.comment'),
]

/** The words of a dialog: from several pages they stand under one another. */
export const WORDS: Kind<Answers> = {
  same: (a, b) => namesIn(a, b).every((name) => (a[name] ?? '') === (b[name] ?? '')),
  join: (a, b) => Object.fromEntries(namesIn(a, b).map((name) => [name, joined(a[name] ?? '', b[name] ?? '')])),
}

const namesIn = (a: Answers, b: Answers): readonly string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])]
