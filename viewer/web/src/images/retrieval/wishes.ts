/** In which order pictures are worth fetching: first what stands on the screen, then what the reader comes to next. */
import type { Picture } from '../pictures'

/** What one cell shows. */
export type Seat = {
  readonly pictures: readonly Picture[]
  /** Of the picture that stands there, or is to, from 0. */
  readonly index: number
  /** The way that the reader went last: 1 towards the end of the stack, -1 towards its beginning. */
  readonly direction: 1 | -1
}

/**
 * `seats`: the cells, the active one first. `rest`: the stacks that stand in none, in the order to look at them. No picture
 * is there twice.
 */
export function wishes(seats: readonly Seat[], rest: readonly (readonly Picture[])[]): readonly Picture[] {
  const current = seats.flatMap(({ pictures, index }) => pictures[index] ?? [])
  const around = seats.flatMap(({ pictures, index, direction }) =>
    outwardsFrom(index, pictures.length, direction).flatMap((place) => pictures[place] ?? []),
  )
  const all = [...current, ...around, ...rest.flat()]
  return [...new Map(all.map((picture) => [picture.imageId, picture])).values()]
}

/** From where the reader is, outwards, two ahead for one behind. */
export function outwardsFrom(index: number, count: number, direction: 1 | -1 = 1): readonly number[] {
  const order: number[] = []
  const take = (place: number): void => void (place >= 0 && place < count && order.push(place))
  for (let step = 1; order.length < count - 1 && step <= 2 * count; step++) {
    take(index + step * direction)
    if (step % 2 === 0) take(index - (step / 2) * direction)
  }
  return order
}
