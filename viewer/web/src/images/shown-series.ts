/** Which series were really shown, so that nobody signs what was never on the screen at full resolution. */

/** Up to so many pictures each is expected to be looked at; a longer stack is scrolled, not counted. */
export const EACH_UP_TO = 20

type Series = { readonly frames: number; readonly arrived: Set<string>; readonly displayed: Set<string> }

export class ShownSeries {
  private readonly series = new Map<string, Series>()

  /** The series has so many frames and objects to be read; 0 where nothing of it can be shown here. */
  expect(seriesUid: string, frames: number): void {
    const known = this.series.get(seriesUid)
    if (known?.frames === frames) return
    this.series.set(seriesUid, {
      frames,
      arrived: known?.arrived ?? new Set(),
      displayed: known?.displayed ?? new Set(),
    })
  }

  /** A frame is here, complete and at full resolution. */
  arrived(seriesUid: string, frame: string): void {
    this.series.get(seriesUid)?.arrived.add(frame)
  }

  /** A frame was drawn, complete and at full resolution. */
  displayed(seriesUid: string, frame: string): void {
    const series = this.series.get(seriesUid)
    series?.arrived.add(frame)
    series?.displayed.add(frame)
  }

  isShown(seriesUid: string): boolean {
    const series = this.series.get(seriesUid)
    if (!series || series.frames === 0) return false
    if (series.frames <= EACH_UP_TO) return series.displayed.size >= series.frames
    return series.displayed.size > 0 && series.arrived.size >= series.frames
  }

  /** Nothing of the series can be shown here. */
  isEmpty(seriesUid: string): boolean {
    return this.series.get(seriesUid)?.frames === 0
  }

  /** How far a series is, for the badge beside it. */
  progress(seriesUid: string): { readonly done: number; readonly frames: number } {
    const series = this.series.get(seriesUid)
    if (!series) return { done: 0, frames: 0 }
    return { done: (series.frames <= EACH_UP_TO ? series.displayed : series.arrived).size, frames: series.frames }
  }

  shown(): readonly string[] {
    return [...this.series.keys()].filter((uid) => this.isShown(uid))
  }
}
