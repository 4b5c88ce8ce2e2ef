/** Stored frames of a segmentation as what each pixel has of one segment. */
import type { Coding } from './segments'

/** Row by row, 0 to 255. Bits lie from the lowest of each byte on (PS3.5 8.1.1); labels of two bytes in little endian. */
export function valuesOf(stored: Uint8Array, coding: Coding, pixels: number, segment: number): Uint8Array {
  const values = new Uint8Array(pixels)
  if (coding.kind === 'binary')
    for (let at = 0; at < pixels; at++) values[at] = ((stored[at >> 3] ?? 0) >> (at & 7)) & 1 ? 255 : 0
  else if (coding.kind === 'fractional')
    for (let at = 0; at < pixels; at++) values[at] = Math.min(255, Math.round(((stored[at] ?? 0) * 255) / coding.most))
  else if (coding.bytes === 1) for (let at = 0; at < pixels; at++) values[at] = stored[at] === segment ? 255 : 0
  else
    for (let at = 0; at < pixels; at++)
      values[at] = ((stored[2 * at] ?? 0) | ((stored[2 * at + 1] ?? 0) << 8)) === segment ? 255 : 0
  return values
}
