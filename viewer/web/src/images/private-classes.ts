/** Objects of private SOP classes: what their makers call them, and which of them are pictures that can be described. */
import type { Client } from '../api/client'
import { TAG, numberOf, textOf, type DataSet } from './dicom-json'

/** SOP classes of the standard begin so (PS3.6 A). */
const STANDARD = '1.2.840.10008.'

export type ClassNames = Readonly<Record<string, string>>

/** A file may leave its class out; then nothing says that it is private. */
export function isPrivate(instance: DataSet): boolean {
  const sopClass = textOf(instance, TAG.SOPClassUID)
  return sopClass !== '' && !sopClass.startsWith(STANDARD)
}

/** What the private classes among these instances are called; nothing is asked where there are none. */
export async function namesFor(client: Client, instances: readonly DataSet[]): Promise<ClassNames> {
  return instances.some(isPrivate) ? await client.get<ClassNames>('/api/private-classes') : {}
}

/** Maker, name and UID of a private class; of one that nobody knows the manufacturer that the object names. */
export function privateClassOf(instance: DataSet, names: ClassNames): string {
  if (!isPrivate(instance)) return ''
  const sopClass = textOf(instance, TAG.SOPClassUID)
  return [names[sopClass] ?? textOf(instance, TAG.Manufacturer), `(${sopClass})`].filter(Boolean).join(' ')
}

const DESCRIBING = [
  TAG.Rows,
  TAG.Columns,
  TAG.SamplesPerPixel,
  TAG.BitsAllocated,
  TAG.BitsStored,
  TAG.HighBit,
  TAG.PixelRepresentation,
]
const KNOWN_COLOURS = /^(MONOCHROME[12]|PALETTE COLOR|RGB|YBR_\w+)$/

/** Whether the Image Pixel Module is complete (PS3.3 C.7.6.3), so that the samples mean what the standard says. */
export const isDescribed = (instance: DataSet): boolean =>
  DESCRIBING.every((tag) => numberOf(instance, tag) !== undefined) &&
  KNOWN_COLOURS.test(textOf(instance, TAG.PhotometricInterpretation)) &&
  instance[TAG.PixelData] !== undefined
