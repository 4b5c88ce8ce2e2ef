/**
 * Cornerstone's own loader, for which a picture without all its pixels is an error: drawing it would stop the screen. Then
 * the server's rendering takes its place.
 */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import { TAG, textOf, type DataSet } from './dicom-json'
import { forgetFault } from './faults'
import { drawOverlays } from './overlay-loader'
import { loadRendered } from './rendered-loader'
import { fullRange, voiOf } from './voi'
import { isWhole, type Frame } from './whole'
import { windowOf } from './window-level'

type Loading = { readonly promise: Promise<core.Types.IImage> & { readonly iterator?: unknown } }

const LESS = 'the decoder gave less than the frame'
const HTJ2K: ReadonlySet<string> = new Set([201, 202, 203].map((number) => `1.2.840.10008.1.2.4.${number}`))

export function loadWhole(imageId: string, options?: Record<string, unknown>): { promise: Promise<core.Types.IImage> } {
  forgetFault(imageId)
  const onProcessor = core.getShouldUseCPURendering()
  if (onProcessor && voiOf(metadataOf(imageId))?.sigmoid) return loadRendered(imageId, options)
  // On the processor grey levels are looked up by whole stored values, and Cornerstone rescales them as it looks up.
  const preScale = { enabled: !onProcessor }
  const loading = loader.wadors.loadImage(imageId, { ...options, preScale } as never) as unknown as Loading
  const promise = loading.promise.then((image) => {
    const { width, height, numberOfComponents } = image
    const frame = core.metaData.get(core.Enums.MetadataModules.IMAGE_PIXEL, imageId) as Frame
    const samples = image.getPixelData().length
    if (!isWhole({ width, height, numberOfComponents, samples }, frame)) throw new Error(LESS)
    if (isMisread(image)) return loadRendered(imageId, options).promise
    return drawOverlays(withItsRange(image), metadataOf(imageId))
  })
  // What the browser has no decoder for, the server may have one for.
  const picture = promise.catch((error: unknown) =>
    loadRendered(imageId, options).promise.catch(() => Promise.reject(error)),
  )
  return { ...loading, promise: Object.assign(picture, { iterator: loading.promise.iterator }) } // coarse pictures first
}

const metadataOf = (imageId: string): DataSet => loader.wadors.metaDataManager.get(imageId) as DataSet

/** HTJ2K without a colour transform comes plane by plane from its decoder, and is read pixel by pixel. */
function isMisread(image: core.Types.IImage): boolean {
  const syntax = (image as { transferSyntaxUID?: string }).transferSyntaxUID ?? ''
  return HTJ2K.has(syntax) && textOf(metadataOf(image.imageId), TAG.PhotometricInterpretation).startsWith('YBR_FULL')
}

/** Where the image has no window: Cornerstone would count padding in, and on the processor leave out the rescale. */
function withItsRange(image: core.Types.IImage): core.Types.IImage {
  const metadata = metadataOf(image.imageId)
  if (image.color || voiOf(metadata)) return image
  const isRescaled = image.preScale?.scaled === true
  const { center, width } = windowOf(fullRange(image.getPixelData(), isRescaled, metadata))
  return Object.assign(image, { windowCenter: center, windowWidth: width })
}
