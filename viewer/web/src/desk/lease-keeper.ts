/** Keeps a case in a person's hands while they work at it, and lets it go when they have left. */
import { Problem, Unreachable } from '../api/problem'
import type { Lease } from '../api/case-detail'

const EVERY_MS = 60_000
const RETRY_MS = 4_000
/** Whoever types or saves renews as well, but not more often than this. */
const AT_LEAST_MS = 30_000
/** Without a key, a click or a scroll for so long, the person is taken to be away and the lease may run out. */
export const AWAY_AFTER_MS = 5 * 60_000

export type LeaseState = Pick<Lease, 'revision' | 'expires_at'> & {
  readonly lost: boolean
  /** Since when there is no line to renew it; null while there is. */
  readonly downSince: string | null
}

export class LeaseKeeper {
  private timer: ReturnType<typeof setTimeout> | undefined
  private running = false
  private stopped = false
  private activeAt_ms: number
  private renewedAt_ms = 0
  private lease: LeaseState

  /** Renews at once: what is left of the lease may be seconds. */
  constructor(
    lease: Pick<Lease, 'revision' | 'expires_at'>,
    private readonly renew: (revision: number) => Promise<Pick<Lease, 'revision' | 'expires_at'>>,
    private readonly onChange: (lease: LeaseState) => void,
    private readonly now_ms: () => number = Date.now,
  ) {
    this.lease = { revision: lease.revision, expires_at: lease.expires_at, lost: false, downSince: null }
    this.activeAt_ms = now_ms()
    void this.renewNow()
  }

  get state(): LeaseState {
    return this.lease
  }

  /** The person did something. */
  active(): void {
    this.activeAt_ms = this.now_ms()
  }

  /** The person wrote or saved something: that renews. */
  wrote(): void {
    this.active()
    if (this.now_ms() - this.renewedAt_ms >= AT_LEAST_MS) void this.renewNow()
  }

  /** The line may be back. */
  retry(): void {
    if (this.lease.downSince !== null) void this.renewNow()
  }

  /** The same person renewed it in another window. */
  adopt(lease: Pick<Lease, 'revision' | 'expires_at'>): void {
    if (!this.stopped && lease.revision > this.lease.revision)
      this.change({ ...this.lease, revision: lease.revision, expires_at: lease.expires_at })
  }

  lose(): void {
    if (!this.stopped) this.letGo()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
  }

  private again(pause_ms: number): void {
    clearTimeout(this.timer)
    if (!this.stopped) this.timer = setTimeout(() => void this.renewIfActive(), pause_ms)
  }

  private async renewIfActive(): Promise<void> {
    if (this.now_ms() - this.activeAt_ms <= AWAY_AFTER_MS) return this.renewNow()
    if (this.now_ms() > Date.parse(this.lease.expires_at)) return this.letGo()
    this.again(EVERY_MS)
  }

  private async renewNow(): Promise<void> {
    if (this.running || this.stopped) return
    this.running = true
    clearTimeout(this.timer)
    try {
      const { revision, expires_at } = await this.renewInAnyWindow()
      if (this.stopped) return
      this.renewedAt_ms = this.now_ms()
      this.change({ revision, expires_at, lost: false, downSince: null })
      this.again(EVERY_MS)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (this.stopped) return
      if (error instanceof Problem && LOST.has(error.slug)) return this.letGo()
      // the line may come back before the lease is over
      if (error instanceof Unreachable && this.lease.downSince === null)
        this.change({ ...this.lease, downSince: new Date(this.now_ms()).toISOString() })
      this.again(RETRY_MS)
    } finally {
      this.running = false
    }
  }

  /** Another window of the same person may have renewed it: then the server says under which revision. */
  private async renewInAnyWindow(): Promise<Pick<Lease, 'revision' | 'expires_at'>> {
    try {
      return await this.renew(this.lease.revision)
    } catch (error) {
      const expected = error instanceof Problem && error.slug === 'stale' ? error.fields['expected'] : undefined
      if (typeof expected !== 'number') throw error
      return await this.renew(expected)
    }
  }

  private letGo(): void {
    this.stop()
    this.change({ ...this.lease, lost: true })
  }

  private change(lease: LeaseState): void {
    this.lease = lease
    this.onChange(lease)
  }
}

const LOST: ReadonlySet<string> = new Set(['stale', 'not-there', 'move-not-allowed', 'not-allowed'])
