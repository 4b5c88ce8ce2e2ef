/** What a person chooses of planes and slabs for a cell, step by step. */
import { PLANES, PROJECTIONS, planeNameOf, type PlaneName, type Projection, type Reformat } from './plan'
import type { Picture } from '../pictures'

/** Modalities whose series are stacks. */
const STACKS: ReadonlySet<string> = new Set(['CT', 'MR', 'PT', 'NM'])

/** Whether it can be asked for; whether it can be made, the geometry says. */
export const canAsk = (modality: string, taken: readonly Picture[]): boolean => STACKS.has(modality) && taken.length > 2

/** In mm. */
export const THICKNESSES: readonly number[] = [3, 5, 8, 10, 15, 20, 30, 50]
const USUAL_MM = 10

/** What is there before anything was chosen: the pictures as they were taken. */
export const asTaken = ([first]: readonly Picture[]): Reformat => ({
  plane: (first && planeNameOf(first.metadata)) ?? 'axial',
  projection: 'none',
  thickness_mm: USUAL_MM,
})

/** Without a projection or a thickness: the next one. */
export type Choice =
  | { readonly kind: 'plane'; readonly plane: PlaneName }
  | { readonly kind: 'projection'; readonly projection?: Projection }
  | { readonly kind: 'thickness'; readonly thickness_mm: number }
  | { readonly kind: 'thinner' | 'thicker' }

export function chosen(now: Reformat, choice: Choice): Reformat {
  switch (choice.kind) {
    case 'plane':
      return { ...now, plane: choice.plane }
    case 'projection':
      return { ...now, projection: choice.projection ?? next(PROJECTIONS, now.projection) }
    case 'thickness':
      return { ...now, thickness_mm: choice.thickness_mm }
    case 'thinner':
      return { ...now, thickness_mm: THICKNESSES.findLast((each) => each < now.thickness_mm) ?? now.thickness_mm }
    case 'thicker':
      return { ...now, thickness_mm: THICKNESSES.find((each) => each > now.thickness_mm) ?? now.thickness_mm }
  }
}

/** Behind the last one comes the first. */
const next = <T>(all: readonly T[], now: T): T => all[(all.indexOf(now) + 1) % all.length] ?? now

/** All three planes, and the one that was taken as slabs of the highest values. */
export function allPlanes(taken: readonly Picture[]): readonly Reformat[] {
  const now = asTaken(taken)
  const others = PLANES.filter((plane) => plane !== now.plane)
  return [now, ...others.map((plane) => ({ ...now, plane })), { ...now, projection: 'mip' }]
}
