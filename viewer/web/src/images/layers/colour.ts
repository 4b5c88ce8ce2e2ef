/** Colours of parts: as an object recommends them, or one for each number. */

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number]

/** Told apart on grey, also by most who are colour-blind (after Okabe and Ito). */
const USUAL: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 200, 140],
  [240, 228, 66],
  [213, 94, 0],
  [204, 121, 167],
  [120, 150, 255],
  [170, 220, 90],
]

/** `number` counts from 1. */
export const usualColour = (number: number): Colour =>
  USUAL[(Math.max(1, number) - 1) % USUAL.length] ?? [255, 255, 255]

/** White of D50 as XYZ, which is the white of PCS values (ICC.1 6.3.4.3). */
const WHITE = [0.9642, 1, 0.8249] as const
/** From XYZ of D50 to linear sRGB (IEC 61966-2-1, adapted after Bradford). */
const TO_RGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
] as const

/** PS3.3 C.10.7.1.1: L* from 0 to 100, a* and b* from -128 to 127, each spread over 0 to 65535. Undefined for less than three. */
export function ofCielab([l, a, b]: readonly number[]): Colour | undefined {
  if (l === undefined || a === undefined || b === undefined) return undefined
  return ofLab((l * 100) / 65_535, (a * 255) / 65_535 - 128, (b * 255) / 65_535 - 128)
}

function ofLab(lightness: number, a: number, b: number): Colour {
  const y = (lightness + 16) / 116
  const [x50, y50, z50] = [y + a / 500, y, y - b / 200].map(
    (value, at) => (WHITE[at] ?? 1) * (value ** 3 > 216 / 24_389 ? value ** 3 : (116 * value - 16) / (24_389 / 27)),
  ) as [number, number, number]
  const [red, green, blue] = TO_RGB.map(([x, y_, z]) => coded(x * x50 + y_ * y50 + z * z50))
  return [red ?? 0, green ?? 0, blue ?? 0]
}

function coded(linear: number): number {
  const value = Math.min(Math.max(linear, 0), 1)
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055))
}
