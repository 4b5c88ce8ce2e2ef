/** A coarse picture in the size of the whole one: what was zoomed, moved or drawn stays where it is when the rest comes. */

export type Size = { readonly columns: number; readonly rows: number }

type Pixels = {
  readonly length: number
  readonly [index: number]: number
  readonly constructor: unknown
}

/** `level` counts how often the picture was halved, rounding up (ITU-T T.800 B.5); `pixels` have one sample each. */
export function enlarged<T extends Pixels>(pixels: T, coarse: Size, whole: Size, level: number): T {
  const larger = new (pixels.constructor as new (length: number) => Record<number, number>)(whole.columns * whole.rows)
  for (let row = 0, to = 0; row < whole.rows; row++) {
    const from = (row >> level) * coarse.columns
    for (let column = 0; column < whole.columns; column++) larger[to++] = pixels[from + (column >> level)] ?? 0
  }
  return larger as unknown as T
}
