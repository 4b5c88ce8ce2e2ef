/** What a cell is to show, and where in it somebody begins. */
import type { Mark } from '../../api/marks'
import type { Reformat } from '../reformat/plan'
import type { Series } from '../series'
import type { Look } from '../stack'

/** Frames count from 1. */
export type PictureAddress = Pick<Mark, 'instance_uid' | 'frame'>

/** Another object, though of the same series, is opened anew. */
export type CellContent = {
  readonly series: Series
  /** Of the picture to begin with, from 0; without it what is left to look at, or the middle. */
  readonly index?: number | undefined
  /** The picture to begin with, instead of an index. */
  readonly at?: PictureAddress | undefined
  readonly look?: Look | undefined
  /** Another plane than the one that was taken, or slabs. */
  readonly reformat?: Reformat | undefined
  /** The person tries the series again: what fails now, on the screen or behind it, cannot be shown. */
  readonly trying?: boolean
}
