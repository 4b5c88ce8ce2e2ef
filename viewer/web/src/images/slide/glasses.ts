/** Which of the images of a series are of one glass: levels of two are never one pyramid (PS3.3 A.32.8). */
import { TAG, textOf, type DataSet } from '../dicom-json'

const OF_GLASS = { pyramid: '00080019', container: '00400512' } as const

/** Container Identifier: what the glass is called. */
export const containerOf = (instance: DataSet): string => textOf(instance, OF_GLASS.container)
const spaceOf = (instance: DataSet): string => textOf(instance, TAG.FrameOfReferenceUID)
const pyramidOf = (instance: DataSet): string => textOf(instance, OF_GLASS.pyramid)
const placeOf = (instance: DataSet): string => `${containerOf(instance)} ${spaceOf(instance)}`

/**
 * The levels by Pyramid UID; those without one by container and frame of reference, with the only pyramid that lies
 * there. In the order in which they come.
 */
export function groupsOf(levels: readonly DataSet[]): readonly (readonly DataSet[])[] {
  const pyramids = new Map<string, Set<string>>()
  for (const level of levels) {
    const here = pyramids.get(placeOf(level)) ?? new Set()
    if (pyramidOf(level)) here.add(pyramidOf(level))
    pyramids.set(placeOf(level), here)
  }
  const groups = new Map<string, DataSet[]>()
  for (const level of levels) {
    const [only, ...more] = pyramids.get(placeOf(level)) ?? []
    const key = pyramidOf(level) || (only && more.length === 0 ? only : `at ${placeOf(level)}`)
    groups.set(key, [...(groups.get(key) ?? []), level])
  }
  return [...groups.values()]
}

/** Whether a label or an overview is of the glass of a level; not where neither says so. */
export function isOfGlass(beside: DataSet, level: DataSet): boolean {
  if (containerOf(beside) && containerOf(level)) return containerOf(beside) === containerOf(level)
  return spaceOf(beside) !== '' && spaceOf(beside) === spaceOf(level)
}
