/** Linked scrolling: which picture of one stack belongs to a picture of another one. */
import type { Picture } from '../pictures'
import { areParallel, dot, planeOf, type Plane } from './planes'

export type Linked = {
  readonly pictures: readonly Picture[]
  /** The picture, from 0, that was on the screen when the stacks were linked. */
  readonly anchor: number
}

/**
 * By place where both stacks lie in one frame of reference, by the distance that they had when they were linked where they
 * do not, and by number where nothing says where they lie. Undefined where nothing belongs to it: the other stack ends
 * before, or leads another way through the body.
 */
export function counterpartOf(from: Linked, index: number, to: Linked): number | undefined {
  const [here, there] = [planeAt(from, index), planeAt(to, to.anchor)]
  if (!here || !there) return here || there ? undefined : byNumber(from, index, to)
  if (!areParallel(here, there)) return undefined
  const along = (plane: Plane): number => dot(plane.origin, here.normal)
  const start = planeAt(from, from.anchor)
  const isOneSpace = here.frameOfReference === there.frameOfReference
  const apart_mm = isOneSpace || !start ? 0 : along(there) - along(start)
  const places = to.pictures.map((_, at) => planeAt(to, at)).map((plane) => plane && along(plane))
  return nearest(places, along(here) + apart_mm)
}

function byNumber(from: Linked, index: number, to: Linked): number | undefined {
  const target = to.anchor + index - from.anchor
  return target in to.pictures ? target : undefined
}

function planeAt({ pictures }: Linked, index: number): Plane | undefined {
  const picture = pictures[index]
  return picture && planeOf(picture.metadata)
}

/** Not farther away than slices lie from each other. */
function nearest(places: readonly (number | undefined)[], wanted: number): number | undefined {
  const known = places.flatMap((place, index) => (place === undefined ? [] : [{ place, index }]))
  const sorted = [...known].sort((a, b) => Math.abs(a.place - wanted) - Math.abs(b.place - wanted))
  const [best] = sorted
  if (!best) return undefined
  const others = known.filter(({ index }) => Math.abs(index - best.index) === 1)
  const step = Math.max(1, ...others.map(({ place }) => Math.abs(place - best.place)))
  return Math.abs(best.place - wanted) <= step ? best.index : undefined
}
