/** How pixels of a picture come to the screen: `CanvasTransform` from points of the picture, (0, 0) its outer corner. */
import { pointOf, type Plane, type Point } from '../frame-plane'

export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Pixels: far enough that points of the screen, which are told in whole ones at times, do not matter. */
const FAR = 1000

/** `onScreen`: where a point of the patient lies. */
export function affineOf(plane: Plane, onScreen: (point: Point) => readonly [number, number]): Affine {
  const at = (column: number, row: number): readonly [number, number] => onScreen(pointOf(plane, [column, row]))
  const [[x, y], across, down] = [at(0, 0), at(FAR, 0), at(0, FAR)]
  return [(across[0] - x) / FAR, (across[1] - y) / FAR, (down[0] - x) / FAR, (down[1] - y) / FAR, x, y]
}
