/** What of the series of a case is left before somebody signs: those to look at, and those that are not shown. */
import type { Series } from './series'
import type { Failed, ShownSeries } from './shown-series'

export type FailedSeries = { readonly series: Series; readonly failed: Failed }

export type Account = {
  /** Not opened yet, or not looked at to the end: nothing can be signed. */
  readonly left: readonly Series[]
  /** Tried, and not shown whole; or not needed: a signature needs a reason. */
  readonly failed: readonly FailedSeries[]
}

/** `toSee`: the series that the server asks for, each with the number of its pictures and documents. */
export function accountOf(
  series: readonly Series[],
  shown: ShownSeries,
  toSee: Readonly<Record<string, number>>,
): Account {
  const open = series.filter(({ seriesUid }) => seriesUid in toSee && !shown.isShown(seriesUid))
  const failed = open.flatMap((each) => {
    const how = shown.cannotShow(each.seriesUid)
    return how ? [{ series: each, failed: how }] : []
  })
  const accounted = new Set(failed.map((each) => each.series.seriesUid))
  return { left: open.filter(({ seriesUid }) => !accounted.has(seriesUid)), failed }
}
