/** Fetches pictures before they are asked for, the most wanted first, as far as memory goes. */
import type { Picture } from '../pictures'
import { affordable } from './budget'

/** What fetching needs of whoever decodes and keeps pictures. */
export type Means = {
  /** Bytes of decoded pictures that may be held. */
  readonly budget: number
  /** Pictures are worth fetching only after they were announced. */
  announce(pictures: readonly Picture[]): void
  /** Announced, not forgotten since, and not there. */
  isMissing(picture: Picture): boolean
  load(picture: Picture): Promise<unknown>
  /** Forgets pictures that are not wanted, until there is room for another one; `wanted` are image ids. */
  makeRoom(picture: Picture, wanted: ReadonlySet<string>): void
  pause(milliseconds: number): Promise<void>
}

export type AheadListener = {
  /** A picture could not be loaded, after some tries. */
  onFailed(picture: Picture, error: unknown): void
  /** All that is wanted and has room is there, or failed. */
  onIdle(): void
  /** More, or something else, is wanted or there. */
  onProgress(): void
}

/** Of the pictures that are wanted and have room in memory: how many are there. */
export type Progress = { readonly there: number; readonly wanted: number }

export const AT_ONCE = 4
/** Pictures that stand so far behind others are not waited for: their requests are overtaken. */
const NEAR = 2 * AT_ONCE
const LONGEST_PAUSE_MS = 30_000

/** After so many failures one after the other, before anything else is asked for; nothing after none. */
export const pauseAfter = (failures: number): number =>
  failures === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures)

export class FetchAhead {
  private order: readonly Picture[] = []
  private wanted: ReadonlySet<string> = new Set()
  private readonly running = new Set<string>()
  private readonly failed = new Set<string>()
  private failures = 0
  private pausing = false

  constructor(
    private readonly means: Means,
    private readonly listener: AheadListener,
  ) {}

  /** The most wanted first. */
  want(order: readonly Picture[]): void {
    this.order = affordable(order, this.means.budget)
    this.wanted = new Set(this.order.map(({ imageId }) => imageId))
    const near = new Set(this.order.slice(0, NEAR).map(({ imageId }) => imageId))
    for (const imageId of this.running) if (!near.has(imageId)) this.running.delete(imageId)
    this.next()
    this.listener.onProgress()
  }

  get progress(): Progress {
    return { there: this.order.filter((each) => !this.means.isMissing(each)).length, wanted: this.order.length }
  }

  /** All that is wanted is there, or cannot be shown, and the line brought what was asked of it last. */
  get isAtHand(): boolean {
    return this.failures === 0 && this.running.size === 0 && this.nextPicture() === undefined
  }

  /** Whether memory has room for all of these. */
  hasRoomFor(order: readonly Picture[]): boolean {
    return affordable(order, this.means.budget).length === order.length
  }

  /** What failed of these is worth another try. */
  tryAgain(pictures: readonly Picture[]): void {
    for (const { imageId } of pictures) this.failed.delete(imageId)
    this.failures = 0
  }

  /** They are not asked for: nothing could show them. */
  skip(pictures: readonly Picture[]): void {
    for (const { imageId } of pictures) this.failed.add(imageId)
  }

  private next(): void {
    if (this.pausing) return
    let picture = this.nextPicture()
    for (; picture && this.running.size < AT_ONCE; picture = this.nextPicture()) void this.fetch(picture)
    if (!picture && this.running.size === 0) this.listener.onIdle()
  }

  private nextPicture(): Picture | undefined {
    return this.order.find(
      (each) => !this.running.has(each.imageId) && !this.failed.has(each.imageId) && this.means.isMissing(each),
    )
  }

  private async fetch(picture: Picture): Promise<void> {
    const { imageId } = picture
    this.running.add(imageId)
    this.means.makeRoom(picture, this.wanted)
    try {
      await this.means.load(picture)
      this.failures = 0
    } catch (error) {
      this.failures++
      this.failed.add(imageId)
      this.listener.onFailed(picture, error)
    }
    this.running.delete(imageId)
    this.listener.onProgress()
    await this.rest()
    this.next()
  }

  private async rest(): Promise<void> {
    const milliseconds = pauseAfter(this.failures)
    if (milliseconds === 0 || this.pausing) return
    this.pausing = true
    await this.means.pause(milliseconds)
    this.pausing = false
  }
}
