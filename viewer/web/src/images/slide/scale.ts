/** How much of a slide is on the screen: the scale bar, a round length neither short nor long, and whether all of it is. */

/** In points of the screen. */
const LONGEST = 140

export type ScaleBar = { readonly points: number; readonly words: string }

/** `point_mm`: how much of the slide a point of the screen shows. One, two or five of micrometres or millimetres. */
export function scaleBar(point_mm: number): ScaleBar {
  const most_um = LONGEST * point_mm * 1000
  const power = 10 ** Math.floor(Math.log10(most_um))
  const um = power * ([5, 2].find((each) => each * power <= most_um) ?? 1)
  const words = um >= 1000 ? `${rounded(um / 1000)} mm` : `${rounded(um)} µm`
  return { points: um / 1000 / point_mm, words }
}

const rounded = (value: number): string => String(Number(value.toPrecision(2)))

/** As pathologists say it: that of the objective at the finest level. */
export const magnification = (power: number, resolution: number): string => `${rounded(power / resolution)}×`

/** Left, bottom, right and top, in pixels of the finest level, upwards. */
export type Extent = readonly [number, number, number, number]

/** Whether a screen of this extent has all of the slide on it; half a point of it is nothing. */
export function showsAll(screen: Extent, [left, bottom, right, top]: Extent, resolution: number): boolean {
  const nothing = resolution / 2
  return (
    screen[0] <= left + nothing &&
    screen[1] <= bottom + nothing &&
    screen[2] >= right - nothing &&
    screen[3] >= top - nothing
  )
}
