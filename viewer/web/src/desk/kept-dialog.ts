/** Dialogs of a case: what is typed into one stays in the browser until it was told. */
import { ask, type Answers, type Field, type Question } from '../shell/ask'
import type { CaseForms } from './case-forms'

/** The fields that hold words, or what goes with them: never a password, a code or a confirmation. */
const WORDY: ReadonlySet<Field['kind']> = new Set(['line', 'text', 'choice'])

/** As `ask`; `dialog` names it among those of the case. */
export async function askKept(forms: CaseForms, dialog: string, question: Question): Promise<Answers | null> {
  const keeper = await forms.wordsFor(dialog)
  const fields = (question.fields ?? []).map((field) =>
    WORDY.has(field.kind) ? { ...field, value: keeper.state.words[field.name] ?? field.value ?? '' } : field,
  )
  const names = fields.filter(({ kind }) => WORDY.has(kind)).map(({ name }) => name)
  const onInput = (answers: Answers): void =>
    keeper.edit({ ...keeper.state.words, ...Object.fromEntries(names.map((name) => [name, answers[name] ?? ''])) })
  return ask({ ...question, fields, ...(names.length > 0 ? { onInput } : {}) })
}
