/** The pulse of a list: a small question every few seconds, and the list itself where something has changed. */
import { Problem, Unreachable } from '../api/problem'

const EVERY_MS = 5_000
/** What is no move of a case: how many images have come, and whose turn a slot is. */
const AT_LEAST_EVERY_MS = 30_000

type Asks = {
  /** The word that is another one when something has changed. */
  readonly pulse: () => Promise<string>
  readonly refresh: () => Promise<void>
}

/** Asks while the page is looked at; one question at a time, so that a slow line has no queue of them. */
export class Pulse {
  private last: string | undefined
  private refreshed_at = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private running = false

  constructor(private readonly asks: Asks) {}

  start(): void {
    this.running = true
    this.refreshed_at = Date.now()
    document.addEventListener('visibilitychange', this.wake)
    this.next()
  }

  stop(): void {
    this.running = false
    clearTimeout(this.timer)
    document.removeEventListener('visibilitychange', this.wake)
  }

  private readonly wake = (): void => {
    if (document.hidden) return
    clearTimeout(this.timer)
    void this.beat()
  }

  private next(): void {
    clearTimeout(this.timer)
    if (this.running) this.timer = setTimeout(() => void this.beat(), EVERY_MS)
  }

  private async beat(): Promise<void> {
    if (!document.hidden && (await this.isDue())) {
      this.refreshed_at = Date.now()
      await this.asks.refresh()
    }
    this.next()
  }

  private async isDue(): Promise<boolean> {
    try {
      const now = await this.asks.pulse()
      const changed = now !== this.last // the first one, too: the list may be older than it
      this.last = now
      return changed || Date.now() - this.refreshed_at >= AT_LEAST_EVERY_MS
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      return true // asking for the list tells the person what is wrong
    }
  }
}
