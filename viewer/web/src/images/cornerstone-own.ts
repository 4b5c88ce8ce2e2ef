/** What Cornerstone knows of a viewport and does not hand out. */
import * as core from '@cornerstonejs/core'

type Own = {
  /** Where its drawing on the processor notes what it drew; nothing there counts as nothing drawn. */
  readonly _cpuFallbackEnabledElement?: { readonly renderingTools?: { readonly lastRenderedImageId?: string } }
  /** Its way to a picture, for which the one on the screen is not there already. */
  readonly _setImageIdIndex: (index: number) => Promise<unknown>
}

const ownOf = (viewport: core.Types.IStackViewport): Own => viewport as unknown as Own

/** It tells of a new picture before the processor draws it, and may fail in between. */
export const wasDrawn = (viewport: core.Types.IStackViewport, imageId: string): boolean =>
  !core.getShouldUseCPURendering() ||
  ownOf(viewport)._cpuFallbackEnabledElement?.renderingTools?.lastRenderedImageId === imageId

/** Loads the picture on the screen anew. Rejects where it does not come. */
export const loadAgain = (viewport: core.Types.IStackViewport): Promise<unknown> =>
  ownOf(viewport)._setImageIdIndex(viewport.getCurrentImageIdIndex())
