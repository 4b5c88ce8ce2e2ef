/**
 * Keeps a form: in the browser at every change, and on the server, where that has a place for it, a moment after the last
 * keystroke, one request at a time, again after a failure. Every form of the desk is kept by one of these.
 */
import { Problem, Unreachable } from '../api/problem'
import {
  afterEvent,
  begun,
  isUnsent,
  wantsSaving,
  type FormEvent,
  type FormState,
  type Other,
  type Version,
} from './form-state'
import type { Copy, Shelf, Slot } from './shelf'

const PAUSE_MS = 1_000
const RETRY_MS = [2_000, 4_000, 8_000, 15_000, 30_000] as const

/** What a form is: how two fillings compare, and whether words of both can simply stand together. */
export type Kind<T> = {
  readonly same: (a: T, b: T) => boolean
  /** For forms of loose words: both, so that nobody has to choose. */
  readonly join?: (a: T, b: T) => T
}

export type Server<T> = {
  /** Raises Problem (`stale` where another revision stands), Unreachable. */
  readonly save: (words: T, revision: number) => Promise<{ readonly revision: number; readonly saved_at: string }>
  /** What stands there after all; null where the case is in nobody's hands here. Raises Problem, Unreachable. */
  readonly look: () => Promise<Version<T> | null>
}

export type Listener = {
  onChange(): void
  /** A refusal that is neither a conflict nor a lost line: told once. */
  onRefused(problem: Problem): void
  /** Words of another page stand here again; when they were typed. */
  onRestored(at: string): void
}

export class FormKeeper<T> {
  private timer: ReturnType<typeof setTimeout> | undefined
  private running: Promise<void> | undefined
  private form: FormState<T>
  private readonly slot: Slot
  /** Left behind by other pages, and not looked at yet. */
  private offers: readonly Copy[] = []
  private failures = 0
  private refused = ''
  private ended = false
  /** Since when saving fails for want of a line; null while it does not. */
  downSince: string | null = null

  constructor(
    private readonly kind: Kind<T>,
    private readonly shelf: Shelf,
    place: { readonly caseId: string; readonly form: string },
    start: Version<T>,
    private readonly listener: Listener,
    private readonly server?: Server<T>,
    inHand = true,
  ) {
    this.form = begun(start, inHand)
    this.slot = shelf.slot(place.caseId, place.form)
  }

  get state(): FormState<T> {
    return this.form
  }

  /** Whether it holds words that nobody else has. */
  get unsent(): boolean {
    return isUnsent(this.form)
  }

  /** When the words were last copied into the browser; null where there is nothing to copy. */
  get keptAt(): string | null {
    return this.slot.at
  }

  /** Whether copies outlive the page. */
  get lasting(): boolean {
    return this.slot.lasting
  }

  edit(words: T): void {
    this.apply({ kind: 'edited', words })
    this.saveAfter(PAUSE_MS)
  }

  /** The case is in somebody else's hands, or in nobody's: the words stay. */
  letGo(): void {
    clearTimeout(this.timer)
    this.apply({ kind: 'let_go' })
  }

  /** The case is in this person's hands (again), and this is what the server has. */
  meet(version: Version<T>): void {
    this.apply({ kind: 'met', version })
    this.saveAfter(0)
    this.offerNext()
  }

  /** Takes in what other pages have left of this form, the oldest first. */
  offer(copies: readonly Copy[]): void {
    const known = new Set(this.offers.map(({ copy }) => copy))
    this.offers = [...this.offers, ...copies.filter(({ copy }) => !known.has(copy))]
    this.offerNext()
  }

  /** A person chose between the screen and `other`, which they saw. */
  merge(words: T, other: Other<T>): void {
    if (this.form.other !== other) return // it changed meanwhile: they are asked anew
    const [copy] = this.offers
    this.apply({ kind: 'merged', words, other })
    if (other.from === 'browser' && copy) this.taken(copy)
    this.saveAfter(0)
    this.offerNext()
  }

  /** Saves at once what is not saved yet; resolves when nothing more is under way, in the browser too. */
  async settle(): Promise<FormState<T>> {
    clearTimeout(this.timer)
    await this.running
    if (wantsSaving(this.form)) await this.run()
    await this.slot.settled()
    return this.form
  }

  /** The line may be back. */
  retry(): void {
    if (this.form.status === 'failed') this.saveAfter(0)
  }

  /** What it holds was sent with a decision: no copy is needed. */
  done(): void {
    this.close()
    this.slot.clear()
  }

  /** The page leaves the form; what is unsent stays in the browser. */
  close(): void {
    this.ended = true
    clearTimeout(this.timer)
    this.slot.release()
  }

  private offerNext(): void {
    const [copy] = this.offers
    if (copy && this.form.status !== 'conflict' && !this.ended) this.take(copy)
  }

  private take(copy: Copy): void {
    const words = copy.words as T
    const { same, join } = this.kind
    if (same(words, this.form.words) || same(words, this.form.sent)) return this.taken(copy)
    if (!this.unsent && copy.revision === this.form.revision) {
      this.edit(words)
      this.listener.onRestored(copy.at)
      return this.taken(copy)
    }
    if (join) {
      this.edit(join(words, this.form.words))
      return this.taken(copy)
    }
    this.apply({ kind: 'offered', other: { words, revision: copy.revision, savedAt: copy.at, from: 'browser' } })
  }

  /** Removed only when its words lie in a copy of this page, or on the server. */
  private taken(copy: Copy): void {
    this.offers = this.offers.filter((each) => each !== copy)
    void this.slot.settled().then(() => this.shelf.remove(copy))
    this.offerNext()
  }

  private saveAfter(pause_ms: number): void {
    clearTimeout(this.timer)
    if (this.server && !this.ended) this.timer = setTimeout(() => void this.run(), pause_ms)
  }

  private async run(): Promise<void> {
    const { server } = this
    if (!server || this.running || !wantsSaving(this.form)) return
    this.running = this.saveOnce(server).finally(() => (this.running = undefined))
    await this.running
    if (this.ended) return
    this.offerNext()
    if (wantsSaving(this.form)) this.saveAfter(RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1] ?? PAUSE_MS)
  }

  private async saveOnce({ save, look }: Server<T>): Promise<void> {
    const { words, revision } = this.form
    this.apply({ kind: 'save_started' })
    try {
      const saved = await save(words, revision)
      this.failures = 0
      this.refused = ''
      this.downSince = null
      this.apply({ kind: 'save_succeeded', sent: words, revision: saved.revision, savedAt: saved.saved_at })
    } catch (error) {
      if (!(error instanceof Problem && error.slug === 'stale')) return this.failed(error)
      this.failures += 1
      this.apply({ kind: 'save_failed' })
      await look().then(
        (version) => this.apply(version ? { kind: 'met', version } : { kind: 'let_go' }),
        (cause: unknown) => this.failed(cause),
      )
    }
  }

  private failed(error: unknown): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    this.failures += 1
    if (error instanceof Unreachable) this.downSince ??= new Date().toISOString()
    this.apply({ kind: 'save_failed' })
    if (!(error instanceof Problem) || error.slug === this.refused) return
    this.refused = error.slug
    this.listener.onRefused(error)
  }

  private apply(event: FormEvent<T>): void {
    this.form = afterEvent(this.form, event, this.kind.same)
    if (this.ended) return
    if (this.unsent) this.slot.keep(this.form.words, this.form.revision)
    else this.slot.clear()
    this.listener.onChange()
  }
}
