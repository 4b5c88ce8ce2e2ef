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

/** The labels that are in frames: of the hundreds of an object one slice has few. */
export function labelsIn(stored: readonly Uint8Array[], bytes: 1 | 2): ReadonlySet<number> {
  const has = new Uint8Array(1 << (8 * bytes))
  for (const frame of stored)
    for (let at = 0; at + bytes <= frame.length; at += bytes)
      has[bytes === 1 ? (frame[at] ?? 0) : (frame[at] ?? 0) | ((frame[at + 1] ?? 0) << 8)] = 1
  return new Set([...has.keys()].filter((label) => has[label] === 1))
}
