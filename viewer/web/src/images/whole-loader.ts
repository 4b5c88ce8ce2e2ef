/**
 * Loads pictures for Cornerstone, coarse ones first where that is sooner. One without all its pixels is an error: drawing it
 * would stop the screen. Then the server's rendering takes its place.
 */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import { announcedAs } from './announced'
import { TAG, textOf, type DataSet } from './dicom-json'
import { forgetFault, noteFault } from './faults'
import { drawOverlays } from './overlay-loader'
import { loadRendered } from './rendered-loader'
import { comesByAndBy } from './retrieval/announce'
import { Coarse } from './retrieval/coarse'
import { deskLine } from './retrieval/desk-line'
import { enlarged } from './retrieval/enlarged'
import { frameAt, pixelsOf, type Frame as Received } from './retrieval/frame-request'
import { Dropped } from './retrieval/line'
import { Unanswered, withTries } from './retrieval/tries'
import { fullRange, voiOf } from './voi'
import { isWhole, type Frame } from './whole'
import { windowOf } from './window-level'

type Options = Readonly<Record<string, unknown>>
type Loading = { readonly promise: Promise<core.Types.IImage>; readonly cancelFn: () => void }

const LESS = 'the decoder gave less than the frame'
const HTJ2K: ReadonlySet<string> = new Set([201, 202, 203].map((number) => `1.2.840.10008.1.2.4.${number}`))
const { FULL_RESOLUTION, SUBRESOLUTION } = core.Enums.ImageQualityStatus

export function loadWhole(imageId: string, options: Options = {}): Loading {
  forgetFault(imageId)
  const cancelFn = (): void => deskLine.line.drop(imageId)
  if (core.getShouldUseCPURendering() && voiOf(metadataOf(imageId))?.sigmoid)
    return { ...loadRendered(imageId, options), cancelFn }
  const iterator = new core.utilities.ProgressiveIterator<core.Types.IImage>('frame')
  const nobodyElse = (): void => undefined // whoever waits for the promise hears of the error
  void iterator.generate(async (images: { add(image: core.Types.IImage, isAll: boolean): void }) => {
    const image = await load(imageId, options, (coarse) => images.add(coarse, false))
    images.add(image, true)
  }, nobodyElse)
  return { promise: iterator.getDonePromise(), cancelFn }
}

/** What the browser has no decoder for, the server may have one for. */
async function load(
  imageId: string,
  options: Options,
  onCoarse: (image: core.Types.IImage) => void,
): Promise<core.Types.IImage> {
  try {
    return await decodedWhole(imageId, await received(imageId, options, onCoarse), options)
  } catch (error) {
    if (error instanceof Unanswered) noteFault(imageId, error)
    if (error instanceof Unanswered || error instanceof Dropped) throw error
    return loadRendered(imageId, options).promise.catch(() => Promise.reject(error))
  }
}

async function received(
  imageId: string,
  options: Options,
  onCoarse: (image: core.Types.IImage) => void,
): Promise<Received> {
  const picture = announcedAs(imageId)
  const coarse = new Coarse(
    async (level, content, syntax) =>
      inWholeSize(await decoded(imageId, { syntax, content }, { ...options, decodeLevel: level }), level),
    onCoarse,
  )
  try {
    return await withTries(() =>
      deskLine.line.bring(imageId, (turn) => {
        const begun = performance.now()
        return frameAt(pixelsOf(imageId, picture?.digest ?? ''), turn, ({ syntax, content }, share) => {
          if (picture && comesByAndBy(picture) && HTJ2K.has(syntax) && deskLine.line.isOnScreen(imageId))
            coarse.offer(content, syntax, share, performance.now() - begun)
        })
      }),
    )
  } finally {
    coarse.end()
  }
}

function decoded(imageId: string, { syntax, content }: Received, options: Options): Promise<core.Types.IImage> {
  // On the processor grey levels are looked up by whole stored values, and Cornerstone rescales them as it looks up.
  const preScale = { enabled: !core.getShouldUseCPURendering() }
  const { retrieveOptions: _retrieve, streamingData: _streaming, ...own } = options
  return loader.createImage(imageId, content as never, syntax, {
    ...own,
    preScale,
  } as never) as Promise<core.Types.IImage>
}

function inWholeSize(image: core.Types.IImage, level: number): core.Types.IImage {
  const whole = core.metaData.get(core.Enums.MetadataModules.IMAGE_PIXEL, image.imageId) as Frame
  const { columns: width, rows: height } = whole
  const scalarData = enlarged(image.getPixelData(), image, whole, level)
  return Object.assign(image, {
    ...{ width, height, columns: width, rows: height, sizeInBytes: scalarData.byteLength },
    imageQualityStatus: SUBRESOLUTION,
    getPixelData: () => scalarData,
    voxelManager: core.utilities.VoxelManager.createImageVoxelManager({
      ...{ scalarData, width, height, numberOfComponents: 1 },
    } as never),
  })
}

async function decodedWhole(imageId: string, received: Received, options: Options): Promise<core.Types.IImage> {
  const image = await decoded(imageId, received, options)
  Object.assign(image, { imageQualityStatus: FULL_RESOLUTION, transferSyntaxUID: received.syntax })
  const { width, height, numberOfComponents } = image
  const frame = core.metaData.get(core.Enums.MetadataModules.IMAGE_PIXEL, imageId) as Frame
  const samples = image.getPixelData().length
  if (!isWhole({ width, height, numberOfComponents, samples }, frame)) throw new Error(LESS)
  if (isMisread(received.syntax, metadataOf(imageId))) return loadRendered(imageId, options).promise
  return drawOverlays(withItsRange(image), metadataOf(imageId))
}

const metadataOf = (imageId: string): DataSet => loader.wadors.metaDataManager.get(imageId) as DataSet

/** HTJ2K without a colour transform comes plane by plane from its decoder, and is read pixel by pixel. */
const isMisread = (syntax: string, metadata: DataSet): boolean =>
  HTJ2K.has(syntax) && textOf(metadata, TAG.PhotometricInterpretation).startsWith('YBR_FULL')

/** Where the image has no window: Cornerstone would count padding in, and on the processor leave out the rescale. */
function withItsRange(image: core.Types.IImage): core.Types.IImage {
  const metadata = metadataOf(image.imageId)
  if (image.color || voiOf(metadata)) return image
  const isRescaled = image.preScale?.scaled === true
  const { center, width } = windowOf(fullRange(image.getPixelData(), isRescaled, metadata))
  return Object.assign(image, { windowCenter: center, windowWidth: width })
}
