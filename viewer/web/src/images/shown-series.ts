/** Which pictures were really drawn, so that nobody signs what was never on the screen at full resolution. */
import type { Fault } from './faults'

/** Why a series was not shown; `pictures` is how many of them, or undefined for the whole series. */
export type Failed = { readonly fault: Fault; readonly pictures?: number }

type Series = {
  readonly frames: number
  /** Pictures and documents beside them that nothing here shows. */
  readonly undrawn: number
  readonly displayed: Set<string>
  /** What could not be shown although it was asked for: on the screen, or when the person tried the series again. */
  readonly failed: Map<string, Fault>
}

/** What became of a picture, or is known of its series; another window of the same person may say so, too. */
export type Drawn =
  | { readonly what: 'expect'; readonly series: string; readonly frames: number; readonly undrawn: number }
  | { readonly what: 'displayed'; readonly series: string; readonly frame: string }
  | { readonly what: 'failed'; readonly series: string; readonly frame: string; readonly fault: Fault }
  | { readonly what: 'lose'; readonly series: string }

export class ShownSeries {
  /** Of each series the digest of its images, as the case has them. */
  private digests: Readonly<Record<string, string>> = {}
  /** How many pictures and documents of each series a signature accounts for. */
  private toSee: Readonly<Record<string, number>> = {}
  private readonly series = new Map<string, Series>()
  /** Series of which not even the contents could be fetched. */
  private readonly lost = new Map<string, Fault>()
  /** Series that the person does not need. */
  private readonly left = new Set<string>()

  /** `onNote` hears what is noted here, and not what another window said. */
  constructor(private onNote?: (drawn: Drawn) => void) {}

  /** All that is known of the series, as another window takes it. */
  get drawn(): readonly Drawn[] {
    const known = [...this.series].flatMap(([series, { displayed, failed, frames, undrawn }]): readonly Drawn[] => [
      { what: 'expect', series, frames, undrawn },
      ...[...displayed].map((frame) => ({ what: 'displayed' as const, series, frame })),
      ...[...failed].map(([frame, fault]) => ({ what: 'failed' as const, series, frame, fault })),
    ])
    return [...known, ...[...this.lost.keys()].map((series) => ({ what: 'lose' as const, series }))]
  }

  /** What was seen in another window counts as seen. */
  take(drawn: readonly Drawn[]): void {
    const { onNote } = this
    this.onNote = undefined
    for (const one of drawn) {
      if (one.what === 'expect') this.expect(one.series, one.frames, one.undrawn)
      if (one.what === 'displayed') this.displayed(one.series, one.frame)
      if (one.what === 'failed') this.failed(one.series, one.frame, one.fault)
      if (one.what === 'lose') this.lose(one.series)
    }
    this.onNote = onNote
  }

  /** From now on somebody hears what is noted here. */
  watch(onNote: (drawn: Drawn) => void): void {
    this.onNote = onNote
  }

  /** The case has these images now: a series with others than it was shown with is to be looked at anew. */
  hold(digests: Readonly<Record<string, string>>, toSee: Readonly<Record<string, number>> = {}): void {
    for (const uid of [...this.series.keys(), ...this.lost.keys(), ...this.left]) {
      if (this.digests[uid] === digests[uid]) continue
      this.series.delete(uid)
      this.lost.delete(uid)
      this.left.delete(uid)
    }
    this.digests = digests
    this.toSee = toSee
  }

  /** Which content of the series counts; empty where nobody said. */
  contentOf(seriesUid: string): string {
    return this.digests[seriesUid] ?? ''
  }

  /**
   * The series has so many frames and documents that can be looked at here; 0 where nothing of it can. `undrawn`: how many
   * beside them nothing here shows, so that the series is never seen whole; at least what the server counts more.
   */
  expect(seriesUid: string, frames: number, undrawn = 0): void {
    this.lost.delete(seriesUid)
    const known = this.series.get(seriesUid)
    this.series.set(seriesUid, {
      frames,
      undrawn: Math.max(undrawn, (this.toSee[seriesUid] ?? 0) - frames),
      displayed: known?.displayed ?? new Set(),
      failed: known?.failed ?? new Map(),
    })
    this.onNote?.({ what: 'expect', series: seriesUid, frames, undrawn })
  }

  /** Nobody knows what the series holds: its contents did not come. */
  lose(seriesUid: string): void {
    if (this.isShown(seriesUid)) return
    this.lost.set(seriesUid, 'load_failed')
    this.onNote?.({ what: 'lose', series: seriesUid })
  }

  /** The person does not need the series for the report, or needs it after all. */
  leave(seriesUid: string, leaves: boolean): void {
    if (leaves) this.left.add(seriesUid)
    else this.left.delete(seriesUid)
  }

  /** A frame was drawn, complete and at full resolution, or a document was opened. */
  displayed(seriesUid: string, frame: string): void {
    const series = this.series.get(seriesUid)
    if (!series) return
    series.displayed.add(frame)
    series.failed.delete(frame)
    this.lost.delete(seriesUid)
    this.onNote?.({ what: 'displayed', series: seriesUid, frame })
  }

  /** A frame was asked for and could not be shown; one that was drawn before stays seen. */
  failed(seriesUid: string, frame: string, fault: Fault): void {
    const series = this.series.get(seriesUid)
    if (!series || series.displayed.has(frame)) return
    series.failed.set(frame, fault)
    this.onNote?.({ what: 'failed', series: seriesUid, frame, fault })
  }

  wasDisplayed(seriesUid: string, frame: string): boolean {
    return this.series.get(seriesUid)?.displayed.has(frame) === true
  }

  /** Whether there is nothing left to do about a frame: it was drawn, or could not be. */
  isDone(seriesUid: string, frame: string): boolean {
    return this.wasDisplayed(seriesUid, frame) || this.series.get(seriesUid)?.failed.has(frame) === true
  }

  isShown(seriesUid: string): boolean {
    const series = this.series.get(seriesUid)
    if (!series || series.frames === 0 || series.undrawn > 0 || this.lost.has(seriesUid)) return false
    return series.displayed.size >= series.frames
  }

  /** Why the series cannot be shown, or not whole, or is not looked at; undefined while something of it is left to do. */
  cannotShow(seriesUid: string): Failed | undefined {
    const series = this.series.get(seriesUid)
    const seen = series?.displayed.size ?? 0
    if (this.left.has(seriesUid) && !this.isShown(seriesUid))
      return { fault: 'not_needed', ...(series && seen > 0 ? { pictures: series.frames + series.undrawn - seen } : {}) }
    const lost = this.lost.get(seriesUid)
    if (lost) return { fault: lost }
    if (!series) return undefined
    if (series.frames === 0) return { fault: 'unsupported' }
    const [fault = series.undrawn > 0 ? 'unsupported' : undefined] = series.failed.values()
    if (fault === undefined || seen + series.failed.size < series.frames) return undefined
    return seen === 0 ? { fault } : { fault, pictures: series.failed.size + series.undrawn }
  }

  /** What cannot be shown of the series that a signature accounts for; never more of one than the server counts. */
  failures(toSee: Readonly<Record<string, number>>): Readonly<Record<string, Failed>> {
    const unseen = Object.entries(toSee).filter(([uid]) => !this.isShown(uid))
    return Object.fromEntries(
      unseen.flatMap(([uid, number]) => {
        const failed = this.cannotShow(uid)
        if (!failed) return []
        const { pictures } = failed
        return [[uid, pictures === undefined ? failed : { ...failed, pictures: Math.min(pictures, number) }]]
      }),
    )
  }

  /** Nothing of the series can be shown here. */
  isEmpty(seriesUid: string): boolean {
    return this.series.get(seriesUid)?.frames === 0
  }

  /** How far a series is, for the badge beside it. */
  progress(seriesUid: string): { readonly done: number; readonly frames: number } {
    const series = this.series.get(seriesUid)
    if (!series) return { done: 0, frames: 0 }
    return { done: series.displayed.size, frames: series.frames + series.undrawn }
  }

  /** Of each series how much of it was on the screen. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.series].flatMap(([uid, { displayed }]) => (displayed.size ? [[uid, displayed.size]] : [])),
    )
  }
}
