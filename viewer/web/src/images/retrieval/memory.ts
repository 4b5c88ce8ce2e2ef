/** Decoded pictures in Cornerstone's memory: which are there, how one comes there, and which have to go. */
import * as core from '@cornerstonejs/core'
import { announcedAs, everyAnnounced } from '../announced'
import { isReformatted } from '../reformat/scheme'
import { announce, forgetPixels } from './announce'
import { bytesOf } from './budget'
import type { Means } from './fetch-ahead'
import { wait } from './tries'

const CACHE_BYTES_MAX = 512 * 1024 * 1024
const CACHE_BYTES_MIN = 256 * 1024 * 1024
/** Of the cache; the rest is for what is on the screen and was not foreseen. */
const AHEAD = 0.9

/** An eighth of the machine's memory: PCs at the county have 4 GB. */
export function cacheBytes(): number {
  const memory_GiB = (navigator as Navigator & { readonly deviceMemory?: number }).deviceMemory ?? 4
  return Math.min(CACHE_BYTES_MAX, Math.max(CACHE_BYTES_MIN, (memory_GiB / 8) * 1024 * 1024 * 1024))
}

export const means: Means = {
  budget: AHEAD * cacheBytes(),
  announce,
  isMissing: ({ imageId }) => announcedAs(imageId) !== undefined && !core.cache.isLoaded(imageId),
  load: ({ imageId }) =>
    core.imageLoader.loadAndCacheImage(imageId, {
      requestType: core.Enums.RequestType.Prefetch,
      priority: 0,
      useRGBA: core.getShouldUseCPURendering(),
    } as never),
  makeRoom: (picture, wanted) => {
    const needed = bytesOf(picture)
    const hasRoom = (): boolean => core.cache.getCacheSize() + needed <= AHEAD * core.cache.getMaxCacheSize()
    for (const other of hasRoom() ? [] : everyAnnounced()) {
      if (wanted.has(other.imageId) || !isForgettable(other.imageId)) continue
      forgetPixels(other)
      if (hasRoom()) return
    }
  },
  pause: wait,
}

/** Complete, not part of a volume, and not made of others, of which few are kept. */
const isForgettable = (imageId: string): boolean =>
  !isReformatted(imageId) &&
  core.cache.isLoaded(imageId) &&
  (core.cache.getImage(imageId) as { readonly sharedCacheKey?: string } | undefined)?.sharedCacheKey === undefined
