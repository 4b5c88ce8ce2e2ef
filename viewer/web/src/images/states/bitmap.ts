/** Bitmap shutters (PS3.3 C.7.6.15): an overlay plane of the presentation state, whose bits say which pixels are covered. */
import { numberOf, type DataSet } from '../dicom-json'
import type { Affine } from '../layers/affine'
import { coversApart, planesOf, type Plane } from '../overlay-planes'

const GROUP = '00181623'

/** Black pixels where the bits are set, of which the first lies at `left` and `top` of the picture, from 0. */
export type BitmapShutter = { readonly left: number; readonly top: number; readonly mask: ImageData }

export const groupOf = (instance: DataSet): string | undefined => {
  const group = numberOf(instance, GROUP)
  return group === undefined ? undefined : group.toString(16).toUpperCase().padStart(4, '0')
}

/** The plane of the shutter; undefined where the state has none, or says more than its size. */
export function planeOfShutter(instance: DataSet): Plane | undefined {
  const group = groupOf(instance)
  if (!group) return undefined
  const own = Object.fromEntries(Object.entries(instance).filter(([tag]) => tag.startsWith(group)))
  return planesOf(own, 1)[0]
}

/** Raises where the bits cannot be fetched. */
export async function bitmapOf(instance: DataSet): Promise<BitmapShutter | undefined> {
  const plane = planeOfShutter(instance)
  if (!plane || !('data' in plane.bits)) return undefined
  const { data, firstBit } = plane.bits
  const packed = data.BulkDataURI
    ? await fetched(data.BulkDataURI)
    : Uint8Array.from(atob(data.InlineBinary ?? ''), (each) => each.charCodeAt(0))
  if (8 * packed.length < plane.rows * plane.columns) return undefined
  const covers = coversApart(plane, packed, firstBit)
  const mask = new ImageData(plane.columns, plane.rows)
  for (let row = 0; row < plane.rows; row++)
    for (let column = 0; column < plane.columns; column++)
      if (covers(row, column)) mask.data[4 * (row * plane.columns + column) + 3] = 255
  return { left: plane.left, top: plane.top, mask }
}

async function fetched(uri: string): Promise<Uint8Array> {
  const answer = await fetch(new URL(uri, location.href).pathname, {
    headers: { Accept: 'application/octet-stream' },
    credentials: 'same-origin',
  })
  if (!answer.ok) throw new Error(`no overlay: ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

/** Under graphics and words. */
export function coverBits(context: CanvasRenderingContext2D, { left, top, mask }: BitmapShutter, affine: Affine): void {
  const canvas = document.createElement('canvas')
  canvas.width = mask.width
  canvas.height = mask.height
  canvas.getContext('2d')?.putImageData(mask, 0, 0)
  context.save()
  context.transform(...affine)
  context.imageSmoothingEnabled = false
  context.drawImage(canvas, left, top)
  context.restore()
}
