/** Two windows that scroll together where their pictures lie in one frame of reference, and have one window where that is wanted. */
import type { Cell } from '../images/layout/cell'
import type { Links } from '../images/layout/links'
import { areParallel, dot, planeOf, type Plane } from '../images/layout/planes'
import type { Window } from '../images/window-level'
import type { OfBoth, Place } from './messages'

/** The pictures of a window. */
export type Wall = { readonly cell: Cell | undefined; readonly cells: readonly Cell[]; readonly links: Links }

const HANDS = ['pointerdown', 'wheel', 'keydown'] as const

export class Linked {
  private place = ''
  private window: Window | null | undefined
  /** Whether the pictures moved last by a hand at this window, and not after the other one. */
  private byHand = false
  /** Where the other window is, as long as the pictures here are not there yet. */
  private wanted: Place | undefined

  constructor(
    private readonly wall: () => Wall | null,
    private readonly say: (said: OfBoth) => void,
  ) {}

  start(ended: AbortSignal): void {
    const touched = (): void => {
      this.byHand = true
      this.wanted = undefined // where the other window was once is nowhere to go to any longer
    }
    for (const hand of HANDS) document.addEventListener(hand, touched, { capture: true, passive: true, signal: ended })
  }

  /** What the active cell shows may be something else. */
  viewed(): void {
    if (this.wanted) this.reach(this.wanted)
    const { cell, links } = this.wall() ?? {}
    if (!cell?.stack || !links || cell.view.quality === 'none') return
    const plane = planeOf(cell.picture?.metadata ?? {})
    const place = plane ? placeOf(plane) : undefined
    const [said, { window }] = [JSON.stringify(place), cell.stack.look]
    const isOther = said !== this.place
    const isOtherWindow = this.window !== undefined && !isSame(window, this.window)
    this.place = said
    this.window = window
    if (!this.byHand) return
    if (place && isOther && links.places) this.say({ kind: 'place', place })
    if (window && isOtherWindow && links.windows)
      this.say({ kind: 'window', modality: cell.series?.modality ?? '', window })
  }

  follow(said: OfBoth): void {
    const { cells = [] } = this.wall() ?? {}
    this.byHand = false
    this.wanted = said.kind === 'place' ? said.place : this.wanted
    if (this.wanted) this.reach(this.wanted)
    if (said.kind === 'window')
      for (const { series, stack } of cells) if (series?.modality === said.modality) stack?.setWindow(said.window)
  }

  /** Says once more where this window stands, to one that has just been opened. */
  repeat(): void {
    const { cell, links } = this.wall() ?? {}
    const plane = planeOf(cell?.picture?.metadata ?? {})
    if (plane && links?.places) this.say({ kind: 'place', place: placeOf(plane) })
  }

  /** Pictures that are still on their way to the screen go there when they have come. */
  private reach(place: Place): void {
    const { cells = [], links } = this.wall() ?? {}
    if (!links?.places) return
    const there = cells.flatMap(({ pictures, stack, view }) => {
      const index = indexAt(
        pictures.map(({ metadata }) => planeOf(metadata)),
        place,
      )
      if (index === undefined) return []
      if (index !== view.index) stack?.goTo(index)
      return [stack !== undefined && index === view.index && view.quality !== 'none']
    })
    if (there.length > 0 && there.every(Boolean)) this.wanted = undefined
  }
}

export const placeOf = ({ frameOfReference, origin, normal }: Plane): Place => ({ frameOfReference, origin, normal })

const isSame = (a: Window | null, b: Window | null): boolean => a?.center === b?.center && a?.width === b?.width

/** Which of the pictures lies nearest, and not farther away than they lie from each other; undefined in another space. */
export function indexAt(planes: readonly (Plane | undefined)[], place: Place): number | undefined {
  const here = { ...place, along: place.normal, down: place.normal }
  const known = planes.flatMap((plane, index) =>
    plane && plane.frameOfReference === place.frameOfReference && areParallel(plane, here)
      ? [{ index, at_mm: dot(plane.origin, place.normal) - dot(place.origin, place.normal) }]
      : [],
  )
  const [best] = [...known].sort((a, b) => Math.abs(a.at_mm) - Math.abs(b.at_mm))
  if (!best) return undefined
  const beside = known.filter(({ index }) => Math.abs(index - best.index) === 1)
  const step_mm = Math.max(1, ...beside.map(({ at_mm }) => Math.abs(at_mm - best.at_mm)))
  return Math.abs(best.at_mm) <= step_mm ? best.index : undefined
}
