/** Looks again in rounds: often where somebody reads or images arrive, seldom elsewhere, never behind another page. */
const ROUND_MS = 5_000
/** Where nothing is written, only one in so many rounds looks. */
const IDLE_ROUNDS = 3

export class Rounds {
  private round = 0

  constructor(
    private readonly isBusy: () => boolean,
    private readonly look: () => void,
  ) {}

  /** Until `ended` is aborted. */
  start(ended: AbortSignal): void {
    const timer = setInterval(() => this.next(), ROUND_MS)
    ended.addEventListener('abort', () => clearInterval(timer))
    document.addEventListener('visibilitychange', () => !document.hidden && this.look(), { signal: ended })
  }

  private next(): void {
    this.round += 1
    if (!document.hidden && (this.isBusy() || this.round % IDLE_ROUNDS === 0)) this.look()
  }
}
