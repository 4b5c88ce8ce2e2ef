/** The line to the server: few requests at once, what stands on the screen before all others. */

/** The picture was forgotten while it was on its way. */
export class Dropped extends Error {}

/** One request on the line. */
export type Turn = {
  /** Ends the request on the wire. */
  readonly signal: AbortSignal
  /** How much of the answer has come, from 0 to 1. */
  came(share: number): void
}

type Request = {
  readonly imageId: string
  /** While it is on the line. */
  abort: AbortController | undefined
  share: number
  isDropped: boolean
  begin: (abort: AbortController) => void
  drop: () => void
}

/** Of which so much has come, the rest is let through: it is there sooner than another request would begin. */
const NEARLY = 0.75
/**
 * Something is overtaken only by what is wanted so many pictures before it: who steps through a stack stops nothing. Nor
 * does it begin while such a one is on the line: more of them are about to be asked for.
 */
const HORIZON = 8

export class Line {
  /** In the order in which they were asked for. */
  private readonly requests = new Set<Request>()
  private ranks: ReadonlyMap<string, number> = new Map()
  private later: ReadonlySet<string> = new Set()
  private onScreen = 0

  /** `most`: requests at once. */
  constructor(private readonly most: number) {}

  /** Image ids, the most wanted first; so many of them stand on the screen, or are to. */
  look(order: readonly string[], onScreen: number): void {
    this.ranks = new Map(order.map((imageId, rank) => [imageId, rank]))
    this.onScreen = onScreen
    this.next()
  }

  /** Pictures of another case come when the line has nothing else to do; those that were meant before are dropped. */
  bringLater(imageIds: readonly string[]): void {
    const before = this.later
    this.later = new Set(imageIds)
    for (const imageId of before) if (!this.later.has(imageId)) this.drop(imageId)
  }

  /** Whether the picture stands on the screen, or is to. */
  isOnScreen(imageId: string): boolean {
    return this.rankOf(imageId) < this.onScreen
  }

  /** Whatever asks for the picture hears that it was dropped. */
  drop(imageId: string): void {
    for (const request of [...this.requests]) if (request.imageId === imageId) request.drop()
    this.next()
  }

  /**
   * Answers what `ask` does, when it is its turn. What is overtaken ends on the wire and is asked anew later: of answers that
   * may be kept the browser then fetches the rest alone. Raises Dropped, and whatever `ask` does.
   */
  async bring<T>(imageId: string, ask: (turn: Turn) => Promise<T>): Promise<T> {
    for (;;) {
      const { request, signal } = await this.turnOf(imageId)
      try {
        signal.throwIfAborted()
        return await ask({ signal, came: (share) => void (request.share = share) })
      } catch (error) {
        if (request.isDropped) throw new Dropped(imageId)
        if (!signal.aborted) throw error
      } finally {
        this.requests.delete(request)
        this.next()
      }
    }
  }

  private turnOf(imageId: string): Promise<{ readonly request: Request; readonly signal: AbortSignal }> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        imageId,
        abort: undefined,
        share: 0,
        isDropped: false,
        begin: (abort) => {
          request.abort = abort
          resolve({ request, signal: abort.signal })
        },
        drop: () => {
          request.isDropped = true
          this.stop(request)
          reject(new Dropped(imageId))
        },
      }
      this.requests.add(request)
      this.next()
    })
  }

  /** What somebody asks for without having said so, such as a volume, comes right behind the screen. */
  private rankOf(imageId: string): number {
    return this.ranks.get(imageId) ?? (this.later.has(imageId) ? Infinity : this.onScreen)
  }

  /** What is on the screen has the line to itself; then one after the other, the most wanted first. */
  private next(): void {
    for (let waiting = this.mostWanted(); waiting; waiting = this.mostWanted()) {
      const rank = this.rankOf(waiting.imageId)
      const running = [...this.requests].filter(({ abort }) => abort)
      const isFirst = rank < this.onScreen
      if (!isFirst && running.some(({ imageId }) => this.isOnScreen(imageId) || rank - this.rankOf(imageId) > HORIZON))
        return
      for (const other of running) if (this.makesWay(other, rank, isFirst)) this.stop(other)
      if ([...this.requests].filter(({ abort }) => abort).length >= this.most) return
      waiting.begin(new AbortController())
    }
  }

  private mostWanted(): Request | undefined {
    const waiting = [...this.requests].filter(({ abort }) => !abort)
    return waiting.reduce<Request | undefined>(
      (best, each) => (best && this.rankOf(best.imageId) <= this.rankOf(each.imageId) ? best : each),
      undefined,
    )
  }

  private makesWay({ imageId, share }: Request, rank: number, isFirst: boolean): boolean {
    if (share >= NEARLY) return false
    return isFirst ? !this.isOnScreen(imageId) : this.rankOf(imageId) - rank > HORIZON
  }

  /** On the wire; `bring` asks again where it was not dropped. */
  private stop(request: Request): void {
    this.requests.delete(request)
    request.abort?.abort()
  }
}
