/** A report while it is written: what stands on the screen, what the server has, and what to do next. */
import type { Content } from '../api/shapes'

export type DraftState = {
  readonly content: Content
  readonly savedContent: Content
  /** Of the draft on the server; 0 where there is none yet. */
  readonly revision: number
  readonly savedAt: string | null
  readonly status: 'saved' | 'unsaved' | 'saving' | 'failed' | 'conflict'
}

export type DraftEvent =
  | { readonly kind: 'edited'; readonly content: Content }
  | { readonly kind: 'save_started' }
  | { readonly kind: 'save_succeeded'; readonly sent: Content; readonly revision: number; readonly savedAt: string }
  | { readonly kind: 'save_failed' }
  | { readonly kind: 'save_conflicted' }
  | { readonly kind: 'opened'; readonly content: Content; readonly revision: number; readonly savedAt: string | null }
  /** After a conflict: what stands on the screen is meant, on top of the server's revision. */
  | { readonly kind: 'kept_mine'; readonly revision: number }

export const EMPTY: Content = { findings: '', impression: '', positive: null, critical_class: null, recommendation: '' }

export const opened = (content: Content, revision: number, savedAt: string | null): DraftState => ({
  content,
  savedContent: content,
  revision,
  savedAt,
  status: 'saved',
})

export function sameContent(a: Content, b: Content): boolean {
  return (
    a.findings === b.findings &&
    a.impression === b.impression &&
    a.positive === b.positive &&
    a.critical_class === b.critical_class &&
    a.recommendation === b.recommendation &&
    JSON.stringify(a.form ?? null) === JSON.stringify(b.form ?? null) &&
    JSON.stringify(a.opinion ?? null) === JSON.stringify(b.opinion ?? null)
  )
}

/** Nothing typed is ever dropped: a conflict or a failure keeps the content and waits for a person or a new attempt. */
export function afterEvent(draft: DraftState, event: DraftEvent): DraftState {
  switch (event.kind) {
    case 'opened':
      return opened(event.content, event.revision, event.savedAt)
    case 'edited': {
      const settled = draft.status === 'conflict' || draft.status === 'saving' ? draft.status : 'unsaved'
      const unchanged = settled === 'unsaved' && sameContent(event.content, draft.savedContent)
      return { ...draft, content: event.content, status: unchanged ? 'saved' : settled }
    }
    case 'save_started':
      return { ...draft, status: 'saving' }
    case 'save_succeeded':
      return {
        ...draft,
        savedContent: event.sent,
        revision: event.revision,
        savedAt: event.savedAt,
        status: sameContent(draft.content, event.sent) ? 'saved' : 'unsaved',
      }
    case 'save_failed':
      return { ...draft, status: 'failed' }
    case 'save_conflicted':
      return { ...draft, status: 'conflict' }
    case 'kept_mine':
      return { ...draft, revision: event.revision, status: 'unsaved' }
  }
}

/** Whether the server should be asked to save now. */
export const wantsSaving = (draft: DraftState): boolean => draft.status === 'unsaved' || draft.status === 'failed'

/** What still keeps a report from being signed, by the name of its field. */
export function unfinished(content: Content): readonly ('findings' | 'impression' | 'positive')[] {
  const missing: ('findings' | 'impression' | 'positive')[] = []
  if (content.findings.trim() === '') missing.push('findings')
  if (content.impression.trim() === '') missing.push('impression')
  if (content.positive === null) missing.push('positive')
  return missing
}
