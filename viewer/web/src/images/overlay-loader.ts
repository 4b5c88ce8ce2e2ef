/** Fetches the overlay planes of a picture and draws them into its pixels, as white as its values go. */
import type * as core from '@cornerstonejs/core'
import { numberOf, TAG, type DataSet } from './dicom-json'
import { coversApart, coversEmbedded, drawPlane, planesOf, type Covers, type Plane } from './overlay-planes'
import { rescaleOf } from './voi'

const NATIVE = 'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.1'

const asStored = new WeakMap<core.Types.IImage, ReturnType<core.Types.IImage['getPixelData']>>()

/** The pixels of a picture before planes were drawn into them. */
export const pixelsBeneath = (image: core.Types.IImage): ReturnType<core.Types.IImage['getPixelData']> =>
  asStored.get(image) ?? image.getPixelData()

/** Rejects where a plane cannot be fetched. */
export async function drawOverlays(image: core.Types.IImage, metadata: DataSet): Promise<core.Types.IImage> {
  const frame = Number(image.imageId.slice(image.imageId.lastIndexOf('/') + 1))
  const { width, height, numberOfComponents: samples } = image
  const canvas = { pixels: image.getPixelData(), width, height, samples }
  const planes = planesOf(metadata, frame)
  if (planes.length > 0) asStored.set(image, canvas.pixels.slice())
  for (const plane of planes) {
    const covers = await coversOf(plane, image, metadata)
    const white = whiteOf(image, metadata)
    if (!drawPlane(canvas, plane, covers, white)) continue
    image.minPixelValue = Math.min(image.minPixelValue, white)
    image.maxPixelValue = Math.max(image.maxPixelValue, white)
  }
  return image
}

async function coversOf(plane: Plane, { imageId, columns }: core.Types.IImage, metadata: DataSet): Promise<Covers> {
  if ('data' in plane.bits) {
    const { data, firstBit } = plane.bits
    const { BulkDataURI, InlineBinary } = data
    const packed = BulkDataURI
      ? await fetched(new URL(BulkDataURI, location.href).pathname, 'application/octet-stream')
      : Uint8Array.from(atob(InlineBinary ?? ''), (character) => character.charCodeAt(0))
    return coversApart(plane, packed, firstBit)
  }
  const bytes = (numberOf(metadata, TAG.BitsAllocated) ?? 8) / 8
  const body = await fetched(imageId.slice(imageId.indexOf(':') + 1), NATIVE)
  return coversEmbedded(columns, partOf(body), bytes, plane.bits.position)
}

async function fetched(path: string, accept: string): Promise<Uint8Array> {
  const response = await fetch(path, { headers: { Accept: accept }, credentials: 'same-origin' })
  if (!response.ok) throw new Error(`no overlay: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** The first part of a multipart body, with what follows it. */
function partOf(body: Uint8Array): Uint8Array {
  const [CR, LF] = [13, 10]
  const isEnd = (at: number): boolean =>
    body[at] === CR && body[at + 1] === LF && body[at + 2] === CR && body[at + 3] === LF
  let at = 0
  while (at < body.length && !isEnd(at)) at++
  return body.subarray(at + 4)
}

/** The value that is drawn white: the end of what the stored bits can hold, and the pixels' array too. */
function whiteOf(image: core.Types.IImage, metadata: DataSet): number {
  if (image.color) return 255
  const bits = numberOf(metadata, TAG.BitsStored) ?? 8
  const signed = numberOf(metadata, TAG.PixelRepresentation) === 1
  const [lowest, highest] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  const { slope, intercept } = rescaleOf(metadata)
  const stored = slope < 0 === (image.invert === true) ? highest : lowest
  const wanted = image.preScale?.scaled === true ? stored * slope + intercept : stored
  const [least, most] = rangeOf(image.getPixelData())
  return Math.min(Math.max(wanted, least), most)
}

function rangeOf(pixels: object): readonly [number, number] {
  if (pixels instanceof Uint8Array) return [0, 255]
  if (pixels instanceof Int8Array) return [-128, 127]
  if (pixels instanceof Uint16Array) return [0, 65_535]
  if (pixels instanceof Int16Array) return [-32_768, 32_767]
  return [-Infinity, Infinity]
}
