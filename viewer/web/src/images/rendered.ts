/**
 * Pictures that the server renders (PS3.18 10.4.1.1.3), because the image loader cannot: it draws palettes of 16-bit entries
 * black and calls that full resolution, and knows neither tables of modality and VOI nor colour profiles.
 */
import { TAG, itemsOf, numberOf, textOf, type DataSet, type Element } from './dicom-json'
import { voiOf } from './voi'

/** The scheme of their image ids, which end at the frame as others do: metadata of many frames are found by that. */
export const RENDERED = 'rendered'

/** X-ray angiography and fluoroscopy: their modality table is not for display (PS3.3 C.8.7.1.1.2). */
const ANGIOGRAPHY = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.12\.[123]$/

/** Of the metadata of a frame. */
export function isRendered(metadata: DataSet): boolean {
  const bits = numberOf(metadata, TAG.BitsAllocated) ?? 8
  const photometric = textOf(metadata, TAG.PhotometricInterpretation)
  if (photometric === 'PALETTE COLOR' || bits === 1 || bits > 16) return true
  return photometric.startsWith('MONOCHROME') ? isGreyRendered(metadata) : bits > 8 || hasProfile(metadata)
}

function isGreyRendered(metadata: DataSet): boolean {
  const isSupplemented =
    textOf(metadata, TAG.PixelPresentation) === 'COLOR' && metadata[TAG.RedPaletteDescriptor] !== undefined
  const hasTable =
    itemsOf(metadata, TAG.ModalityLUTSequence).length > 0 && !ANGIOGRAPHY.test(textOf(metadata, TAG.SOPClassUID))
  return isSupplemented || hasTable || (itemsOf(metadata, TAG.VOILUTSequence).length > 0 && !voiOf(metadata))
}

const hasProfile = (metadata: DataSet): boolean =>
  [metadata, ...itemsOf(metadata, TAG.OpticalPathSequence)].some(
    ({ [TAG.ICCProfile]: profile }) => profile !== undefined,
  )

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
const SPENT = /^00281[12]|^0028105[0-6]$|^00282000$|^00283000$|^00283010$|^20500020$|^0028012[01]$/

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
