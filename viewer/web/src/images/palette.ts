/** Palette colour tables (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6) put where the image loader looks for them: as numbers. */
import { TAG, numbersOf, textOf, type DataSet, type Element } from './dicom-json'

/** Descriptor and data of red, green and blue. */
const TABLES = [
  ['00281101', '00281201'],
  ['00281102', '00281202'],
  ['00281103', '00281203'],
] as const

/** The data set with its tables as values, wherever the server left them (PS3.18 F.2.2); others as they are. */
export async function withPalette(
  dataSet: DataSet,
  fetchBytes: (uri: string) => Promise<Uint8Array>,
): Promise<DataSet> {
  if (textOf(dataSet, TAG.PhotometricInterpretation) !== 'PALETTE COLOR') return dataSet
  const tables = await Promise.all(
    TABLES.map(async ([descriptor, data]): Promise<readonly [string, Element]> => {
      const element = dataSet[data] ?? {}
      if (element.Value) return [data, element]
      const bytes = element.BulkDataURI ? await fetchBytes(element.BulkDataURI) : bytesOf(element.InlineBinary ?? '')
      return [data, { vr: 'US', Value: entriesOf(bytes, numbersOf(dataSet, descriptor)[0] ?? 0) }]
    }),
  )
  return { ...dataSet, ...Object.fromEntries(tables) }
}

/** `count` as in the descriptor, where 0 means 65536; entries are bytes or little-endian words. */
export function entriesOf(bytes: Uint8Array, count: number): readonly number[] {
  const entries = count === 0 ? 65_536 : count
  if (bytes.length < 2 * entries) return [...bytes.subarray(0, entries)]
  const view = new DataView(bytes.buffer, bytes.byteOffset, 2 * entries)
  return Array.from({ length: entries }, (_, i) => view.getUint16(2 * i, true))
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
