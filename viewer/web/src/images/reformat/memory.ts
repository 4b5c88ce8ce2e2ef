/** How much memory slices may take of which planes are made, and why none can be made of a series within it. */
import { cache } from '@cornerstonejs/core'
import type { Picture } from '../pictures'
import { NotOneStack, volumeOf } from './volume'

/** Of all slices together: something else is on the screen too. */
export const mostBytes = (): number => 0.75 * cache.getMaxCacheSize()

/** Undefined where planes can be made. */
export function whyNoPlanes(pictures: readonly Picture[]): NotOneStack | undefined {
  try {
    volumeOf(pictures, mostBytes())
    return undefined
  } catch (error) {
    if (!(error instanceof NotOneStack)) throw error
    return error
  }
}
