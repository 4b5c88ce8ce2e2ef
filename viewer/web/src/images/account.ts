/** What of the series of a case is left before somebody signs: those to look at, and those that could not be shown. */
import type { Series } from './series'
import type { Failed, ShownSeries } from './shown-series'

export type FailedSeries = { readonly series: Series; readonly failed: Failed }

export type Account = {
  /** Not opened yet, or not looked at to the end. */
  readonly left: readonly Series[]
  /** Tried, and not shown whole: a signature needs a reason. */
  readonly failed: readonly FailedSeries[]
  /** A series with images is left, so that nothing can be signed; objects without pixels hold nobody up. */
  readonly mustLook: boolean
}

/** `imageSeries`: the series that the server asks for. */
export function accountOf(series: readonly Series[], shown: ShownSeries, imageSeries: readonly string[]): Account {
  const asked = new Set(imageSeries)
  const failed = series.flatMap((each) => {
    const how = asked.has(each.seriesUid) ? shown.cannotShow(each.seriesUid) : undefined
    return how ? [{ series: each, failed: how }] : []
  })
  const accounted = new Set(failed.map((each) => each.series.seriesUid))
  const left = series.filter(
    ({ seriesUid }) => !shown.isShown(seriesUid) && !accounted.has(seriesUid) && !shown.isEmpty(seriesUid),
  )
  return { left, failed, mustLook: left.some(({ seriesUid }) => asked.has(seriesUid)) }
}
