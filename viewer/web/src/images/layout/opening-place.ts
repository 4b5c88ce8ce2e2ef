/** Where a series opens: at a picture that was asked for, else at what is left to look at, else a stack of slices in its middle and a loop at its beginning. */
import type { Picture } from '../pictures'
import { alongNormal } from '../technique'
import type { ShownSeries } from '../shown-series'
import type { CellContent, PictureAddress } from './cell-content'

/** A stack of more slices opens in its middle. */
const LONG = 20
/** Modalities whose pictures follow each other in time, unless they lie in different places. */
const LOOPS: ReadonlySet<string> = new Set(['US', 'IVUS', 'XA', 'RF', 'NM', 'ES', 'GM', 'XC'])

/** The pictures follow each other in time. */
function isLoop(pictures: readonly Picture[], modality: string): boolean {
  const [first, last] = [pictures[0], pictures.at(-1)]
  return LOOPS.has(modality) && (!first || !last || alongNormal(first.metadata) === alongNormal(last.metadata))
}

/** Counted from 0; -1 where it is none of these. */
export const indexOf = (pictures: readonly Picture[], { instance_uid, frame }: PictureAddress): number =>
  pictures.findIndex((each) => each.instanceUid === instance_uid && each.frame === frame)

/** Counted from 0, at `from` or behind it, else from the beginning; -1 where none is left. */
export function firstUnseen(pictures: readonly Picture[], seriesUid: string, shown: ShownSeries, from = 0): number {
  const open = pictures.flatMap(({ imageId }, index) => (shown.isDone(seriesUid, imageId) ? [] : [index]))
  return open.find((index) => index >= from) ?? open[0] ?? -1
}

/** Counted from 0; what is made of pictures (`isMade`) opens in its middle, and has nothing that is left to look at. */
export function openingPlace(
  pictures: readonly Picture[],
  { series: { modality, seriesUid }, index, at }: CellContent,
  { shown, isMade }: { readonly shown: ShownSeries | undefined; readonly isMade: boolean },
): number {
  const asked = at ? indexOf(pictures, at) : -1
  if (asked >= 0) return asked
  if (index !== undefined) return index
  const isStarted = shown && pictures.some(({ imageId }) => shown.wasDisplayed(seriesUid, imageId))
  if (isStarted) return isMade ? 0 : Math.max(0, firstUnseen(pictures, seriesUid, shown))
  const opensInMiddle = isMade || (pictures.length > LONG && !isLoop(pictures, modality))
  return opensInMiddle ? Math.floor(pictures.length / 2) : 0
}
