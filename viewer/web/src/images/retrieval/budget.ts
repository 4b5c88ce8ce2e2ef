/** How much of what is worth fetching memory has room for. */
import { TAG, numberOf } from '../dicom-json'
import type { Picture } from '../pictures'

/** About what a picture takes once it is decoded. */
export function bytesOf({ metadata }: Picture): number {
  const pixels = (numberOf(metadata, TAG.Rows) ?? 0) * (numberOf(metadata, TAG.Columns) ?? 0)
  const samples = numberOf(metadata, TAG.SamplesPerPixel) ?? 1
  return pixels * samples * Math.max(1, (numberOf(metadata, TAG.BitsAllocated) ?? 8) / 8)
}

/** So many from the beginning of `order` as fit into `most` bytes together; always the first. */
export function affordable(order: readonly Picture[], most: number): readonly Picture[] {
  let bytes = 0
  const end = order.findIndex((picture) => (bytes += bytesOf(picture)) > most)
  return end < 0 ? order : order.slice(0, Math.max(1, end))
}
