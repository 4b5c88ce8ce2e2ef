/** Cornerstone's own loader, for which a picture without all its pixels is an error: drawing it would stop the screen. */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import { isWhole, type Frame } from './whole'

type Loading = { readonly promise: Promise<core.Types.IImage> & { readonly iterator?: unknown } }

export function loadWhole(imageId: string, options?: Record<string, unknown>): { promise: Promise<core.Types.IImage> } {
  const loading = loader.wadors.loadImage(imageId, options as never) as unknown as Loading
  const promise = loading.promise.then((image) => {
    const { width, height, numberOfComponents } = image
    const frame = core.metaData.get(core.Enums.MetadataModules.IMAGE_PIXEL, imageId) as Frame
    const samples = image.getPixelData().length
    if (isWhole({ width, height, numberOfComponents, samples }, frame)) return image
    throw new Error('the decoder gave less than the frame')
  })
  return { ...loading, promise: Object.assign(promise, { iterator: loading.promise.iterator }) } // coarse pictures first
}
