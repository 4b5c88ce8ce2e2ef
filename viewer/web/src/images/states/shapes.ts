/** Graphics of a presentation state as lines on the screen. */
import type { Affine } from '../layers/affine'
import type { Area, Graphic, Spot, Units } from './state'

/** From points of an annotation to points of the screen. */
export type Projection = (units: Units, spot: Spot) => Spot

const STEPS = 96
/** Pieces of a curve between two of its points. */
const PIECES = 16

const onto = ([a, b, c, d, e, f]: Affine, [x, y]: Spot): Spot => [a * x + c * y + e, b * x + d * y + f]

/** Parts of the displayed area count from its upper left corner on the screen, whichever way the picture is turned. */
export function projectionOf(affine: Affine, { from, to }: Pick<Area, 'from' | 'to'>): Projection {
  const corners = [onto(affine, [from[0] - 1, from[1] - 1]), onto(affine, to)]
  const [left, top] = [Math.min(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y))]
  const [right, bottom] = [Math.max(...corners.map(([x]) => x)), Math.max(...corners.map(([, y]) => y))]
  return (units, spot) =>
    units === 'PIXEL' ? onto(affine, spot) : [left + spot[0] * (right - left), top + spot[1] * (bottom - top)]
}

/** As PS3.3 C.10.5.1.2 says, in the units of the graphic; a point is a line of one. */
export function lineOf({ kind, points }: Pick<Graphic, 'kind' | 'points'>): readonly Spot[] {
  if (kind === 'CIRCLE') return circle(points)
  if (kind === 'ELLIPSE') return ellipse(points)
  return kind === 'INTERPOLATED' ? curve(points) : points
}

/** The centre, and a point of the circumference. */
function circle([centre = [0, 0], on = [0, 0]]: readonly Spot[]): readonly Spot[] {
  const radius = Math.hypot(on[0] - centre[0], on[1] - centre[1])
  return around(centre, [radius, 0], [0, radius])
}

/** The ends of the longer axis, and those of the shorter. */
function ellipse([a = [0, 0], b = [0, 0], c = [0, 0], d = [0, 0]]: readonly Spot[]): readonly Spot[] {
  const half = (from: Spot, to: Spot): Spot => [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2]
  return around([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], half(a, b), half(c, d))
}

const around = (centre: Spot, one: Spot, other: Spot): readonly Spot[] =>
  Array.from({ length: STEPS + 1 }, (_, step): Spot => {
    const [cos, sin] = [Math.cos((2 * Math.PI * step) / STEPS), Math.sin((2 * Math.PI * step) / STEPS)]
    return [centre[0] + cos * one[0] + sin * other[0], centre[1] + cos * one[1] + sin * other[1]]
  })

/** Through all points, smoothly (Catmull and Rom); closed where the last is the first. */
function curve(points: readonly Spot[]): readonly Spot[] {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.length < 3) return points
  const isClosed = first[0] === last[0] && first[1] === last[1]
  const before = isClosed ? points.at(-2) : first
  const behind = isClosed ? points[1] : last
  const all = [before ?? first, ...points, behind ?? last]
  const pieces = points.slice(1).flatMap((_, at) => {
    const [p0, p1, p2, p3] = all.slice(at, at + 4) as [Spot, Spot, Spot, Spot]
    return Array.from({ length: PIECES }, (_piece, step): Spot => {
      const t = (step + 1) / PIECES
      const along = (axis: 0 | 1): number =>
        0.5 *
        (2 * p1[axis] +
          (p2[axis] - p0[axis]) * t +
          (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t ** 2 +
          (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t ** 3)
      return [along(0), along(1)]
    })
  })
  return [first, ...pieces]
}
