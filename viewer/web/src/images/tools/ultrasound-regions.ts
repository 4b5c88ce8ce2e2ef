/** Regions of an ultrasound picture, each with physical units of its own (Sequence of Ultrasound Regions, PS3.3 C.8.5.5). */
import { TAG, itemsOf, numberOf, type DataSet } from '../dicom-json'
import type { Axis, Point } from './calibration'

export type Region = {
  /** Outer edges in pixels. */
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly x: Axis
  readonly y: Axis
  /** Goes before others that cover the same pixels. */
  readonly isFirst: boolean
}

/** Physical Units of a direction (PS3.3 C.8.5.5.1.15) that are measured here, with how many of our unit one is. */
const UNITS: Readonly<Record<number, readonly [string, number]>> = {
  3: ['mm', 10],
  4: ['s', 1],
  5: ['Hz', 1],
  7: ['cm/s', 1],
  12: ['deg', 1],
}

/** Those with units that are measured here in both directions. */
export const regionsOf = (metadata: DataSet): readonly Region[] =>
  itemsOf(metadata, TAG.SequenceOfUltrasoundRegions).flatMap((item) => regionOf(item) ?? [])

function regionOf(item: DataSet): Region | undefined {
  const [left, top] = [numberOf(item, TAG.RegionLocationMinX0), numberOf(item, TAG.RegionLocationMinY0)]
  const [lastColumn, lastRow] = [numberOf(item, TAG.RegionLocationMaxX1), numberOf(item, TAG.RegionLocationMaxY1)]
  const x = axisOf(item, TAG.PhysicalUnitsXDirection, TAG.PhysicalDeltaX)
  const y = axisOf(item, TAG.PhysicalUnitsYDirection, TAG.PhysicalDeltaY)
  if (left === undefined || top === undefined || lastColumn === undefined || lastRow === undefined || !x || !y)
    return undefined
  const isFirst = ((numberOf(item, TAG.RegionFlags) ?? 0) & 1) === 0
  return { left, top, right: lastColumn + 1, bottom: lastRow + 1, x, y, isFirst }
}

function axisOf(item: DataSet, units: string, delta: string): Axis | undefined {
  const [unit, times] = UNITS[numberOf(item, units) ?? 0] ?? []
  const size = Math.abs(numberOf(item, delta) ?? 0)
  return unit !== undefined && times !== undefined && size > 0 ? { size: size * times, unit } : undefined
}

/** The region in which all of the points lie; of several the one of higher priority, then the smallest. */
export function regionAround(regions: readonly Region[], points: readonly Point[]): Region | undefined {
  const around = regions.filter(({ left, top, right, bottom }) =>
    points.every(([column, row]) => column >= left && column <= right && row >= top && row <= bottom),
  )
  const area = ({ left, top, right, bottom }: Region): number => (right - left) * (bottom - top)
  return around.sort((a, b) => Number(b.isFirst) - Number(a.isFirst) || area(a) - area(b))[0]
}
