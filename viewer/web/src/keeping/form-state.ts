/** A form while somebody fills it: what stands on the screen, what the server has, and what to do next. */

/** The form as it stands elsewhere; `revision` counts its versions there. */
export type Version<T> = { readonly words: T; readonly revision: number; readonly savedAt: string | null }

/** Other words for the same form, between which and those on the screen a person has to choose. */
export type Other<T> = Version<T> & {
  /** The server's draft, or a copy that another page of this browser has left behind. */
  readonly from: 'server' | 'browser'
}

export type FormState<T> = {
  readonly words: T
  /** What the server has under `revision`; where it keeps none, what the form began with. */
  readonly sent: T
  readonly revision: number
  readonly savedAt: string | null
  readonly status: 'saved' | 'unsaved' | 'saving' | 'failed' | 'conflict'
  /** In a conflict. */
  readonly other: Other<T> | undefined
  /** Whether it may be sent; the case of a form that is out of this person's hands takes nothing. */
  readonly inHand: boolean
}

export type FormEvent<T> =
  | { readonly kind: 'edited'; readonly words: T }
  | { readonly kind: 'save_started' }
  | { readonly kind: 'save_succeeded'; readonly sent: T; readonly revision: number; readonly savedAt: string }
  | { readonly kind: 'save_failed' }
  | { readonly kind: 'let_go' }
  /** What the server has now, and the case is in this person's hands. */
  | { readonly kind: 'met'; readonly version: Version<T> }
  /** A copy that another page has left behind says something else. */
  | { readonly kind: 'offered'; readonly other: Other<T> }
  /** A person chose between what stood on the screen and `other`. */
  | { readonly kind: 'merged'; readonly words: T; readonly other: Other<T> }

export const begun = <T>({ words, revision, savedAt }: Version<T>, inHand: boolean): FormState<T> => ({
  words,
  sent: words,
  revision,
  savedAt,
  status: 'saved',
  other: undefined,
  inHand,
})

export type Same<T> = (a: T, b: T) => boolean

/** Nothing typed is ever dropped: a conflict or a failure keeps the words and waits for a person or another try. */
export function afterEvent<T>(form: FormState<T>, event: FormEvent<T>, same: Same<T>): FormState<T> {
  const settled = (next: FormState<T>): FormState<T> => ({
    ...next,
    other: undefined,
    status: same(next.words, next.sent) ? 'saved' : 'unsaved',
  })
  switch (event.kind) {
    case 'edited': {
      const next = { ...form, words: event.words }
      return form.status === 'conflict' || form.status === 'saving' ? next : settled(next)
    }
    case 'save_started':
      return { ...form, status: 'saving' }
    case 'save_succeeded':
      return settled({ ...form, sent: event.sent, revision: event.revision, savedAt: event.savedAt })
    case 'save_failed':
      return form.status === 'conflict' ? form : { ...form, status: 'failed' }
    case 'let_go':
      return { ...form, inHand: false }
    case 'met':
      return met({ ...form, inHand: true }, event.version, same, settled)
    case 'offered':
      return { ...form, status: 'conflict', other: event.other }
    case 'merged': {
      const { words, other } = event
      const base =
        other.from === 'server' ? { sent: other.words, revision: other.revision, savedAt: other.savedAt } : {}
      return settled({ ...form, ...base, words })
    }
  }
}

function met<T>(
  form: FormState<T>,
  version: Version<T>,
  same: Same<T>,
  settled: (next: FormState<T>) => FormState<T>,
): FormState<T> {
  const base = { sent: version.words, revision: version.revision, savedAt: version.savedAt }
  const untouched = same(form.words, form.sent)
  if (version.revision === form.revision || same(form.words, version.words)) return settled({ ...form, ...base })
  if (untouched) return settled({ ...form, ...base, words: version.words })
  return { ...form, status: 'conflict', other: { ...version, from: 'server' } }
}

/** Whether the server should be asked to save now. */
export const wantsSaving = ({ inHand, status }: FormState<unknown>): boolean =>
  inHand && (status === 'unsaved' || status === 'failed')

/** Whether it holds words that nobody else has: leaving asks, and a copy lies in the browser. */
export const isUnsent = <T>({ status }: FormState<T>): boolean => status !== 'saved'
