/** Keeps a case in a person's hands while they work at it, and lets it go when they have left. */
import { Problem, Unreachable } from '../api/problem'
import type { Lease } from '../api/shapes'

const EVERY_MS = 60_000
/** Without a key, a click or a scroll for so long, the person is taken to be away and the lease may run out. */
export const AWAY_AFTER_MS = 5 * 60_000

export type LeaseState = Pick<Lease, 'revision' | 'expires_at'> & { readonly lost: boolean }

export class LeaseKeeper {
  private timer: ReturnType<typeof setInterval> | undefined
  private activeAt_ms: number
  private lease: LeaseState

  constructor(
    lease: Pick<Lease, 'revision' | 'expires_at'>,
    private readonly renew: (revision: number) => Promise<Pick<Lease, 'revision' | 'expires_at'>>,
    private readonly onChange: (lease: LeaseState) => void,
    private readonly now_ms: () => number = Date.now,
  ) {
    this.lease = { ...lease, lost: false }
    this.activeAt_ms = now_ms()
    this.timer = setInterval(() => void this.renewIfActive(), EVERY_MS)
  }

  get state(): LeaseState {
    return this.lease
  }

  /** The person did something. */
  active(): void {
    this.activeAt_ms = this.now_ms()
  }

  stop(): void {
    clearInterval(this.timer)
    this.timer = undefined
  }

  private async renewIfActive(): Promise<void> {
    if (this.now_ms() - this.activeAt_ms > AWAY_AFTER_MS) {
      if (this.now_ms() > Date.parse(this.lease.expires_at)) this.letGo()
      return
    }
    try {
      const renewed = await this.renew(this.lease.revision)
      if (this.timer === undefined) return
      this.change({ ...renewed, lost: false })
    } catch (error) {
      if (error instanceof Unreachable) return // the line may come back before the lease is over
      if (!(error instanceof Problem)) throw error
      if (error.slug === 'stale' || error.slug === 'not-there' || error.slug === 'move-not-allowed') this.letGo()
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
