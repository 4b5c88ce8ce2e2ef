/** Loads a picture that the server rendered and gives it to Cornerstone as RGB. */
import * as core from '@cornerstonejs/core'
import { announcedAs } from './announced'
import { NoPicture, forgetFault, noteFault } from './faults'
import { withoutAlpha } from './rendered'
import { deskLine } from './retrieval/desk-line'
import { answerTo, renderedOf } from './retrieval/frame-request'
import { Dropped } from './retrieval/line'
import { withTries } from './retrieval/tries'
import { isFullSize } from './whole'

const ours = new WeakSet<core.Types.IImage>()

/** Whether the server rendered the picture, in 8 bits, instead of sending its values. */
export const isFromServer = (image: core.Types.IImage): boolean => ours.has(image)

export function loadRendered(
  imageId: string,
  options?: Record<string, unknown>,
): { promise: Promise<core.Types.IImage> } {
  forgetFault(imageId)
  const promise = load(imageId, options?.['useRGBA'] === true)
  promise.catch((error: unknown) => error instanceof Dropped || noteFault(imageId, error))
  return { promise }
}

/** Rejects where there is no picture (`NoPicture`), it cannot be decoded, or it is smaller than the frame. */
async function load(imageId: string, useRgba: boolean): Promise<core.Types.IImage> {
  const asked = renderedOf(imageId, announcedAs(imageId)?.digest ?? '')
  const png = await withTries(() => deskLine.line.bring(imageId, async (turn) => (await answerTo(asked, turn)).blob()))
  const picture = await createImageBitmap(png, { colorSpaceConversion: 'none' })
  const { rows, columns } = core.metaData.get(core.Enums.MetadataModules.IMAGE_PIXEL, imageId) as {
    readonly rows: number
    readonly columns: number
  }
  if (!isFullSize(picture, { rows, columns })) throw new NoPicture('unsupported') // smaller than the frame
  const canvas = document.createElement('canvas')
  canvas.width = columns
  canvas.height = rows
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('no canvas to decode in')
  context.drawImage(picture, 0, 0, columns, rows)
  picture.close()
  const rgba = new Uint8Array(context.getImageData(0, 0, columns, rows).data.buffer)
  const image = imageOf(imageId, canvas, useRgba ? rgba : withoutAlpha(rgba))
  ours.add(image)
  return image
}

/** `pixels` are RGBA where the processor draws, which draws the canvas itself as long as the window is untouched. */
function imageOf(imageId: string, canvas: HTMLCanvasElement, pixels: Uint8Array): core.Types.IImage {
  const { width, height } = canvas
  const numberOfComponents = pixels.length / (width * height)
  const { MetadataModules } = core.Enums
  const plane = (core.metaData.get(MetadataModules.IMAGE_PLANE, imageId) ?? {}) as Partial<core.Types.ImagePlaneModule>
  return {
    imageId,
    dataType: 'Uint8Array',
    color: true,
    rgba: numberOfComponents === 4,
    numberOfComponents,
    photometricInterpretation: 'RGB',
    invert: false,
    rows: height,
    columns: width,
    height,
    width,
    rowPixelSpacing: plane.rowPixelSpacing as number, // not known of many an ultrasound: Cornerstone then says pixels
    columnPixelSpacing: plane.columnPixelSpacing as number,
    calibration: core.metaData.get(MetadataModules.CALIBRATION, imageId) ?? {},
    slope: 1,
    intercept: 0,
    minPixelValue: 0,
    maxPixelValue: 255,
    windowCenter: 128,
    windowWidth: 256,
    voiLUTFunction: core.Enums.VOILUTFunctionType.LINEAR,
    sizeInBytes: pixels.byteLength + 4 * width * height,
    imageQualityStatus: core.Enums.ImageQualityStatus.FULL_RESOLUTION,
    getCanvas: () => canvas,
    getPixelData: () => pixels,
    voxelManager: core.utilities.VoxelManager.createImageVoxelManager({
      scalarData: pixels,
      width,
      height,
      numberOfComponents,
    }),
  } as core.Types.IImage
}
