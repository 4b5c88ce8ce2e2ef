/** The colours of tiles: a colour profile goes with the JPEG, so that the browser applies it (ICC.1 B.4); pixels become RGBA. */
import type { Samples } from './pyramid'

const APP2 = 0xffe2
const NAME = 'ICC_PROFILE\0'
/** Of a segment behind its length, the name and the two numbers. */
const MOST = 65_533 - NAME.length - 2

/** The same JPEG with the profile behind its first marker; one that has a profile of its own stays as it is. */
export function withProfile(jpeg: Uint8Array, profile: Uint8Array): Uint8Array {
  if (profile.length === 0 || jpeg[0] !== 0xff || jpeg[1] !== 0xd8 || hasProfile(jpeg)) return jpeg
  const pieces = Math.ceil(profile.length / MOST)
  if (pieces > 255) return jpeg
  const segments = Array.from({ length: pieces }, (_, at) => {
    const piece = profile.subarray(at * MOST, (at + 1) * MOST)
    const head = new DataView(new ArrayBuffer(4))
    head.setUint16(0, APP2)
    head.setUint16(2, 2 + NAME.length + 2 + piece.length)
    const name = Uint8Array.from(NAME, (letter) => letter.charCodeAt(0))
    return [new Uint8Array(head.buffer), name, Uint8Array.of(at + 1, pieces), piece]
  })
  return joined([jpeg.subarray(0, 2), ...segments.flat(), jpeg.subarray(2)])
}

/** Before the first scan (ITU-T T.81 B.1.1.4). */
function hasProfile(jpeg: Uint8Array): boolean {
  const view = new DataView(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
  for (let at = 2; at + 4 <= view.byteLength; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at)
    if (marker === APP2) return true
    if (marker === 0xffda || marker < 0xff00) return false
  }
  return false
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether pixels of this kind are made visible here: 8 bits, grey or red, green and blue, and no profile to apply. */
export const isPlain = ({ bits, count, photometric, profile }: Samples): boolean =>
  bits === 8 &&
  profile === undefined &&
  ((count === 1 && photometric === 'MONOCHROME2') || (count === 3 && photometric === 'RGB'))

/** Undefined where there are fewer bytes than pixels. */
export function rgbaOf(pixels: Uint8Array, { columns, rows, count, isPlanar }: Samples): ImageData | undefined {
  const many = columns * rows
  if (pixels.length < many * count) return undefined
  const rgba = new Uint8ClampedArray(4 * many)
  const [step, apart] = isPlanar ? [1, many] : [count, 1]
  for (let at = 0; at < many; at++) {
    const from = at * step
    const [green, blue] = count === 1 ? [from, from] : [from + apart, from + 2 * apart]
    rgba.set([pixels[from] ?? 0, pixels[green] ?? 0, pixels[blue] ?? 0, 255], 4 * at)
  }
  return new ImageData(rgba, columns, rows)
}
