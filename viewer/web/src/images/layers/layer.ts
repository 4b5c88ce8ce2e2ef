/** What lies over pictures: objects that say something of places in them, each with named parts in colours. */
import type { Picture } from '../pictures'
import type { Colour } from './colour'

export type Part = {
  /** Within its layer. */
  readonly id: number
  /** As the object calls it; empty where it does not. */
  readonly name: string
  readonly colour: Colour
}

/** Points in pixels of the picture, column before row; (0, 0) is the outer corner of its first pixel (PS3.3 C.18.6.1.2). */
export type Line = readonly number[]

/** Row by row, from 0 to 255 how much of a pixel belongs to a part. */
export type Mask = { readonly columns: number; readonly rows: number; readonly values: Uint8Array }

/** A part in one picture. */
export type Shape = {
  readonly part: number
  /** What is filled; without it what closed lines enclose, and nothing where they are open. */
  readonly mask?: Mask
  readonly lines: readonly Line[]
  /** Each line leads back to its beginning. */
  readonly areClosed: boolean
}

/** Why nothing of a layer is drawn in a picture: it belongs elsewhere, cannot follow there, or what it is drawn from did not come. */
export type Absence = 'elsewhere' | 'made' | 'slab' | 'lost'

/** `waiting`: it is on its way. */
export type Found = readonly Shape[] | 'waiting' | Absence

/** How a picture came to be: of some planes nothing is known but where they lie. */
export type Made = 'taken' | 'plane' | 'slab'

export type Kind = 'segmentation' | 'structures' | 'dose'

export type Layer = {
  readonly kind: Kind
  /** As the object calls itself; empty where it does not. */
  readonly title: string
  readonly parts: readonly Part[]
  on(picture: Picture, made: Made): Found
  /** What did not come is asked for anew. */
  again(): void
  close(): void
}

/** Objects of which nothing can be drawn say why, in place of a layer. */
export type Unusable = { readonly kind: Kind; readonly title: string; readonly why: 'empty' | 'slide' | 'unknown' }
