/** Fetches the overlay planes of a picture and draws them into its pixels, as white as its values go. */
import type * as core from '@cornerstonejs/core'
import { numberOf, TAG, type DataSet } from './dicom-json'
import { announcedAs } from './announced'
import { coversApart, coversEmbedded, drawPlane, planesOf, type Covers, type Plane } from './overlay-planes'
import { frameAddressOf } from './pictures'
import { partOf } from './retrieval/multipart'
import { rescaleOf } from './voi'

const OCTETS = 'application/octet-stream'
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
      ? new Uint8Array(await (await answered(new URL(BulkDataURI, location.href).pathname, OCTETS)).arrayBuffer())
      : Uint8Array.from(atob(InlineBinary ?? ''), (character) => character.charCodeAt(0))
    return coversApart(plane, packed, firstBit)
  }
  const bytes = (numberOf(metadata, TAG.BitsAllocated) ?? 8) / 8
  const native = await answered(frameAddressOf(imageId, announcedAs(imageId)?.digest ?? ''), NATIVE)
  const body = new Uint8Array(await native.arrayBuffer())
  const part = partOf(native.headers.get('Content-Type') ?? '', body, true)
  return coversEmbedded(columns, part?.content ?? body, bytes, plane.bits.position)
}

async function answered(path: string, accept: string): Promise<Response> {
  const response = await fetch(path, { headers: { Accept: accept }, credentials: 'same-origin' })
  if (!response.ok) throw new Error(`no overlay: ${response.status}`)
  return response
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
