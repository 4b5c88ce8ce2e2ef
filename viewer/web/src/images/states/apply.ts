/** What a presentation state says of how its pictures stand in a cell: window, polarity, turn and displayed area. */
import { TAG, textOf } from '../dicom-json'
import type { Picture } from '../pictures'
import type { Stack } from '../stack'
import { applies, type State } from './state'

export type InCell = {
  readonly stack: Stack | undefined
  readonly pictures: readonly Picture[]
  readonly picture: Picture | undefined
  readonly isAsTaken: boolean
}

/** The cell goes to a picture that the state names, and stands as it says; a cell without one stays as it is. */
export function applyState(cell: InCell, state: State): void {
  const { isAsTaken, picture, pictures, stack } = cell
  const named = pictures.findIndex((each) => applies(state.pictures, each))
  if (!stack || !isAsTaken || named < 0) return
  const isHere = picture !== undefined && applies(state.pictures, picture)
  const first = isHere ? picture : pictures[named]
  if (!first) return
  if (!isHere) stack.goTo(named)
  const isWhite = textOf(first.metadata, TAG.PhotometricInterpretation) === 'MONOCHROME1'
  stack.present({
    window: state.windows.find(({ of }) => applies(of, first))?.window ?? null,
    inverted: state.isInverse !== undefined && state.isInverse !== isWhite,
    turn: state.turn,
    area: state.areas.find(({ of }) => applies(of, first)),
  })
}

/** The cell stands as its pictures were hung. */
export function withoutState({ stack, pictures }: InCell, state: State): void {
  if (pictures.some((each) => applies(state.pictures, each))) stack?.reset()
}
