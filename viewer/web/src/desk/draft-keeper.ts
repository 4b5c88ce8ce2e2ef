/** Saves the draft a moment after the last keystroke, one request at a time, and tries again after a failure. */
import { Problem, Unreachable } from '../api/problem'
import type { Content, SavedDraft } from '../api/shapes'
import { afterEvent, opened, wantsSaving, type DraftEvent, type DraftState } from './draft'

const PAUSE_MS = 1_000
const RETRY_MS = 5_000

export type Save = (content: Content, revision: number) => Promise<Omit<SavedDraft, 'content'>>

export class DraftKeeper {
  private timer: ReturnType<typeof setTimeout> | undefined
  private running: Promise<void> | undefined
  private draft: DraftState

  constructor(
    start: { content: Content; revision: number; savedAt: string | null },
    private readonly save: Save,
    private readonly onChange: (draft: DraftState) => void,
    /** A refusal that is neither a conflict nor a lost line: the owner shows it. */
    private readonly onRefused: (problem: Problem) => void,
  ) {
    this.draft = opened(start.content, start.revision, start.savedAt)
  }

  get state(): DraftState {
    return this.draft
  }

  edit(content: Content): void {
    this.apply({ kind: 'edited', content })
    this.saveAfter(PAUSE_MS)
  }

  /** The person looked at the conflict and means what stands on the screen. */
  keepMine(revision: number): void {
    this.apply({ kind: 'kept_mine', revision })
    this.saveAfter(0)
  }

  /** Saves at once what is not saved yet; resolves when nothing more is under way. */
  async settle(): Promise<DraftState> {
    clearTimeout(this.timer)
    await this.running
    if (wantsSaving(this.draft)) await this.run()
    return this.draft
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  private saveAfter(pause_ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.run(), pause_ms)
  }

  private async run(): Promise<void> {
    if (this.running || !wantsSaving(this.draft)) return
    this.running = this.saveOnce()
    await this.running
    this.running = undefined
    if (this.draft.status === 'unsaved') this.saveAfter(PAUSE_MS)
    if (this.draft.status === 'failed') this.saveAfter(RETRY_MS)
  }

  private async saveOnce(): Promise<void> {
    const { content, revision } = this.draft
    this.apply({ kind: 'save_started' })
    try {
      const saved = await this.save(content, revision)
      this.apply({ kind: 'save_succeeded', sent: content, revision: saved.revision, savedAt: saved.saved_at })
    } catch (error) {
      if (error instanceof Unreachable) return this.apply({ kind: 'save_failed' })
      if (!(error instanceof Problem)) throw error
      this.apply({ kind: error.slug === 'stale' ? 'save_conflicted' : 'save_failed' })
      if (error.slug !== 'stale') this.onRefused(error)
    }
  }

  private apply(event: DraftEvent): void {
    this.draft = afterEvent(this.draft, event)
    this.onChange(this.draft)
  }
}
