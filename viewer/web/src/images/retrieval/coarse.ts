/** Coarse pictures out of the beginning of a codestream, while the rest of it is on the way. */
import { reached, type Reached } from './codestream'

/** The rest comes sooner than a coarse picture were any use. */
const SOON_MS = 150

/** Whether the rest takes longer than a coarse picture is worth, by what came in the time since it was asked for. */
export const isSlow = (share: number, elapsed_ms: number): boolean => (elapsed_ms * (1 - share)) / share > SOON_MS

type Offer = Reached & { readonly content: Uint8Array; readonly syntax: string }

export class Coarse<Image> {
  /** The finest level that was begun. */
  private level = Infinity
  private next: Offer | undefined
  private busy = false
  private isOver = false

  constructor(
    /** `level` counts how often the picture is halved. */
    private readonly decode: (level: number, content: Uint8Array, syntax: string) => Promise<Image>,
    private readonly onImage: (image: Image) => void,
  ) {}

  /** All that has come so far; it is looked at only when there is more to see than before. */
  offer(content: Uint8Array, syntax: string, share: number, elapsed_ms: number): void {
    if (!isSlow(share, elapsed_ms)) return
    const now = reached(content)
    if (!now || now.level >= this.level) return
    this.next = { ...now, content, syntax }
    if (!this.busy) void this.draw()
  }

  /** All of the picture is there, or nothing more comes. */
  end(): void {
    this.isOver = true
  }

  private async draw(): Promise<void> {
    this.busy = true
    for (let offer = this.take(); offer; offer = this.take()) {
      // A codestream that is broken is told of when all of it is there.
      const image = await this.decode(offer.level, offer.content.slice(0, offer.end), offer.syntax).catch(
        () => undefined,
      )
      if (image !== undefined && !this.isOver) this.onImage(image)
    }
    this.busy = false
  }

  private take(): Offer | undefined {
    const offer = this.isOver ? undefined : this.next
    this.next = undefined
    if (offer) this.level = offer.level
    return offer
  }
}
