/** For how long each picture stands when a series runs as a film. */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import type { Picture } from '../pictures'

/** Of pictures that say no times. */
const PLAIN_MS = 100
const [LEAST_MS, MOST_MS] = [10, 5_000]

/**
 * In ms, of each picture in turn: until the next frame by Frame Time Vector, else by the rate at which the device wants to
 * be shown, by Frame Time, or by the rate it recorded at (PS3.3 C.7.6.5).
 */
export const standingTimes = (pictures: readonly Picture[]): readonly number[] =>
  pictures.map(({ metadata, frame }) => Math.min(Math.max(timeOf(metadata, frame) ?? PLAIN_MS, LEAST_MS), MOST_MS))

function timeOf(metadata: DataSet, frame: number): number | undefined {
  const vector = numbersOf(metadata, TAG.FrameTimeVector)
  const points = textOf(metadata, TAG.FrameIncrementPointer).toUpperCase()
  // the first of the vector is 0: each entry is the time since the frame before it
  if (vector.length > 1 && (points === '' || points === TAG.FrameTimeVector))
    return vector[frame] ?? mean(vector.slice(1))
  const rate = positive(metadata, TAG.RecommendedDisplayFrameRate)
  if (rate !== undefined) return 1000 / rate
  const time = positive(metadata, TAG.FrameTime)
  const recorded = positive(metadata, TAG.CineRate)
  return time ?? (recorded === undefined ? undefined : 1000 / recorded)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function positive(metadata: DataSet, tag: string): number | undefined {
  const value = numberOf(metadata, tag)
  return value !== undefined && value > 0 ? value : undefined
}
