/** Frames of one object, as they are stored but for compression, fetched as they are needed and held until it is closed. */

/** Beside the pictures, which go before. */
const AT_ONCE = 2
const NATIVE = 'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1'

export class Frames {
  private readonly there = new Map<number, Uint8Array>()
  private readonly lost = new Set<number>()
  private readonly asked = new Set<number>()
  private wanted: readonly number[] = []
  private readonly ending = new AbortController()

  /** `address` is that of the instance; `onChange`: more of them came, or did not come. */
  constructor(
    private readonly address: string,
    private readonly onChange: () => void,
  ) {}

  close(): void {
    this.ending.abort()
  }

  /** Counted from 1. All of these, or else which; what did not come is `lost`. */
  take(numbers: readonly number[]): readonly Uint8Array[] | 'waiting' | 'lost' {
    const frames = numbers.flatMap((number) => this.there.get(number) ?? [])
    if (frames.length === numbers.length) return frames
    if (numbers.some((number) => this.lost.has(number))) return 'lost'
    this.wanted = numbers.filter((number) => !this.there.has(number))
    this.go()
    return 'waiting'
  }

  /** What did not come is asked for anew. */
  again(): void {
    this.lost.clear()
  }

  private go(): void {
    for (const number of this.wanted) {
      if (this.asked.size >= AT_ONCE) return
      if (!this.asked.has(number) && !this.there.has(number) && !this.lost.has(number)) void this.fetch(number)
    }
  }

  private async fetch(number: number): Promise<void> {
    this.asked.add(number)
    try {
      const answer = await fetch(`${this.address}/frames/${number}`, {
        headers: { Accept: NATIVE },
        credentials: 'same-origin',
        signal: this.ending.signal,
      })
      if (!answer.ok) throw new Error(`no frame: ${answer.status}`)
      this.there.set(number, new Uint8Array(await answer.arrayBuffer()))
    } catch {
      this.lost.add(number)
    } finally {
      this.asked.delete(number)
    }
    if (this.ending.signal.aborted) return
    this.go()
    this.onChange()
  }
}
