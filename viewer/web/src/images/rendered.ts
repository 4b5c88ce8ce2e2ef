/**
 * Pictures that the server colours (PS3.18 10.4.1.1.3), because the image loader cannot be trusted with palettes: it
 * draws tables of 16-bit entries black and calls that full resolution.
 */
import { TAG, textOf, type DataSet, type Element } from './dicom-json'

/** The scheme of their image ids, which end at the frame as others do: metadata of many frames are found by that. */
export const RENDERED = 'rendered'

export const isRendered = (metadata: DataSet): boolean =>
  textOf(metadata, TAG.PhotometricInterpretation) === 'PALETTE COLOR'

export const renderedAddressOf = (imageId: string): string => `${imageId.slice(RENDERED.length + 1)}/rendered`

const us = (value: number): Element => ({ vr: 'US', Value: [value] })

/** What is true of the pixels once they are coloured (PS3.3 C.7.6.3): RGB of 8 bits. */
const COLOURED: DataSet = {
  [TAG.PhotometricInterpretation]: { vr: 'CS', Value: ['RGB'] },
  [TAG.SamplesPerPixel]: us(3),
  [TAG.PlanarConfiguration]: us(0),
  [TAG.BitsAllocated]: us(8),
  [TAG.BitsStored]: us(8),
  [TAG.HighBit]: us(7),
  [TAG.PixelRepresentation]: us(0),
}

/** Palettes, windows and modality tables: the server has applied what there is to apply. */
const SPENT = /^00281[12]|^0028105[0-5]$|^00283000$|^00283010$/

export const asRendered = (metadata: DataSet): DataSet => ({
  ...Object.fromEntries(Object.entries(metadata).filter(([tag]) => !SPENT.test(tag))),
  ...COLOURED,
})

/** RGB out of RGBA. */
export function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from] ?? 0
    rgb[to++] = rgba[from + 1] ?? 0
    rgb[to++] = rgba[from + 2] ?? 0
  }
  return rgb
}
