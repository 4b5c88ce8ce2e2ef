/** Fetches the pictures around the one that somebody looks at, before they are asked for. */
import * as core from '@cornerstonejs/core'
import { outwardsFrom, type Picture } from './pictures'

const AT_ONCE = 4

export type Fetching = {
  /** Whether a picture is worth a request still; false for all where the stack shows something else by now. */
  wanted(picture: Picture): boolean
  onFailed(picture: Picture): void
}

/** From `index` outwards; done when all of them came or failed. */
export async function fetchOthers(
  pictures: readonly Picture[],
  index: number,
  { wanted, onFailed }: Fetching,
): Promise<void> {
  const left = outwardsFrom(index, pictures.length).flatMap((place) => pictures[place] ?? [])
  const onProcessor = core.getShouldUseCPURendering()
  const fetchOn = async (): Promise<void> => {
    for (let picture = left.shift(); picture; picture = left.shift()) {
      if (!wanted(picture)) continue
      try {
        await core.imageLoader.loadAndCacheImage(picture.imageId, {
          requestType: core.Enums.RequestType.Prefetch,
          priority: 0,
          useRGBA: onProcessor,
        } as never)
      } catch {
        onFailed(picture)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, fetchOn))
}
