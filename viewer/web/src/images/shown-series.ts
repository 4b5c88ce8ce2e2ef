/** Which series were really shown, so that nobody signs what was never on the screen at full resolution. */
import type { Fault } from './faults'

/** Up to so many pictures each is expected to be looked at; a longer stack is scrolled, not counted. */
export const EACH_UP_TO = 20

/** How showing a series failed; `pictures` is how many of them, or undefined for the whole series. */
export type Failed = { readonly fault: Fault; readonly pictures?: number }

type Series = {
  readonly frames: number
  /** Pictures beside them that nothing here draws. */
  readonly undrawn: number
  readonly arrived: Set<string>
  readonly displayed: Set<string>
  /** What could not be shown although it was asked for: on the screen, or when the person tried the series again. */
  readonly failed: Map<string, Fault>
}

export class ShownSeries {
  /** Of each series the digest of its images, as the case has them. */
  private digests: Readonly<Record<string, string>> = {}
  private readonly series = new Map<string, Series>()
  /** Series of which not even the contents could be fetched. */
  private readonly lost = new Map<string, Fault>()

  /** The case has these images now: a series with others than it was shown with is to be looked at anew. */
  hold(digests: Readonly<Record<string, string>>): void {
    for (const uid of [...this.series.keys(), ...this.lost.keys()]) {
      if (this.digests[uid] === digests[uid]) continue
      this.series.delete(uid)
      this.lost.delete(uid)
    }
    this.digests = digests
  }

  /** Which content of the series counts; empty where nobody said. */
  contentOf(seriesUid: string): string {
    return this.digests[seriesUid] ?? ''
  }

  /**
   * The series has so many frames and objects to be read; 0 where nothing of it can be shown here. `undrawn`: how many
   * pictures beside them nothing here draws, so that the series is never seen whole.
   */
  expect(seriesUid: string, frames: number, undrawn = 0): void {
    this.lost.delete(seriesUid)
    const known = this.series.get(seriesUid)
    if (known?.frames === frames && known.undrawn === undrawn) return
    this.series.set(seriesUid, {
      frames,
      undrawn,
      arrived: known?.arrived ?? new Set(),
      displayed: known?.displayed ?? new Set(),
      failed: known?.failed ?? new Map(),
    })
  }

  /** Nobody knows what the series holds: its contents did not come. */
  lose(seriesUid: string): void {
    if (!this.isShown(seriesUid)) this.lost.set(seriesUid, 'load_failed')
  }

  /** A frame is here, complete and at full resolution. */
  arrived(seriesUid: string, frame: string): void {
    const series = this.series.get(seriesUid)
    series?.arrived.add(frame)
    if (series && series.frames > EACH_UP_TO) series.failed.delete(frame)
  }

  /** A frame was drawn, complete and at full resolution. */
  displayed(seriesUid: string, frame: string): void {
    const series = this.series.get(seriesUid)
    if (!series) return
    series.arrived.add(frame)
    series.displayed.add(frame)
    series.failed.delete(frame)
    this.lost.delete(seriesUid)
  }

  /** A frame was asked for and could not be shown; one that was drawn before stays seen. */
  failed(seriesUid: string, frame: string, fault: Fault): void {
    const series = this.series.get(seriesUid)
    if (series && !series.displayed.has(frame)) series.failed.set(frame, fault)
  }

  isShown(seriesUid: string): boolean {
    const series = this.series.get(seriesUid)
    if (!series || series.frames === 0 || series.undrawn > 0 || this.lost.has(seriesUid)) return false
    if (series.frames <= EACH_UP_TO) return series.displayed.size >= series.frames
    return series.displayed.size > 0 && series.arrived.size >= series.frames
  }

  /** Why the series cannot be shown, or not whole; undefined while something of it is left to look at. */
  cannotShow(seriesUid: string): Failed | undefined {
    const lost = this.lost.get(seriesUid)
    if (lost) return { fault: lost }
    const series = this.series.get(seriesUid)
    if (!series) return undefined
    if (series.frames === 0) return { fault: 'unsupported' }
    const [fault = series.undrawn > 0 ? 'unsupported' : undefined] = series.failed.values()
    const seen = series.frames <= EACH_UP_TO ? series.displayed : series.arrived
    const unlooked = seen.size > 0 && series.displayed.size === 0
    const failed = [...series.failed.keys()].filter((frame) => !seen.has(frame)).length
    if (fault === undefined || unlooked || seen.size + failed < series.frames) return undefined
    return seen.size === 0 ? { fault } : { fault, pictures: failed + series.undrawn }
  }

  /** Nothing of the series can be shown here. */
  isEmpty(seriesUid: string): boolean {
    return this.series.get(seriesUid)?.frames === 0
  }

  /** How far a series is, for the badge beside it. */
  progress(seriesUid: string): { readonly done: number; readonly frames: number } {
    const series = this.series.get(seriesUid)
    if (!series) return { done: 0, frames: 0 }
    const { size } = series.frames <= EACH_UP_TO ? series.displayed : series.arrived
    return { done: size, frames: series.frames + series.undrawn }
  }

  shown(): readonly string[] {
    return [...this.series.keys()].filter((uid) => this.isShown(uid))
  }
}
