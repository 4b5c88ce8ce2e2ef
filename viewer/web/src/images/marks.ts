/** Lengths measured in pictures: taken from Cornerstone's memory to be kept, and put back into it. */
import * as tools from '@cornerstonejs/tools'
import type * as core from '@cornerstonejs/core'
import type { LengthOnScreen as Mark } from '../api/shapes'
import type { Picture } from './pictures'

const LENGTH = tools.LengthTool.toolName
/** The server takes no more. */
const MOST = 200

type Measured = { readonly studyUid: string; readonly mark: Mark }

/** Which picture an address of Cornerstone's is of; undefined for one that is not ours. */
export function placeOf(imageId: string): (Omit<Mark, 'points'> & { readonly studyUid: string }) | undefined {
  const parts = /\/studies\/([\d.]+)\/series\/[\d.]+\/instances\/([\d.]+)\/frames\/(\d+)$/.exec(imageId)
  const [, studyUid, instance_uid, frame] = parts ?? []
  return studyUid && instance_uid && frame ? { studyUid, instance_uid, frame: Number(frame) } : undefined
}

/** The lengths that were measured in pictures of these studies. */
export const marksOf = (studies: readonly string[]): readonly Mark[] =>
  measured()
    .filter(({ studyUid }) => studies.includes(studyUid))
    .map(({ mark }) => mark)
    .slice(0, MOST)

/** Draws those of the marks that lie in these pictures and are not there already. */
export function putMarks(viewportId: string, pictures: readonly Picture[], marks: readonly Mark[]): void {
  const there = new Set(measured().map(({ mark }) => keyOf(mark)))
  for (const mark of marks) {
    const picture = pictures.find((each) => each.instanceUid === mark.instance_uid && each.frame === mark.frame)
    if (!picture || there.has(keyOf(mark))) continue
    const points = mark.points.map(([x = 0, y = 0, z = 0]): core.Types.Point3 => [x, y, z])
    tools.LengthTool.hydrate(viewportId, points, { referencedImageId: picture.imageId })
  }
}

const keyOf = ({ instance_uid, frame, points }: Mark): string =>
  [instance_uid, frame, ...points.flat().map((number) => number.toFixed(2))].join()

function measured(): readonly Measured[] {
  return tools.annotation.state.getAllAnnotations().flatMap(({ metadata, data }) => {
    const place = metadata?.toolName === LENGTH ? placeOf(metadata.referencedImageId ?? '') : undefined
    const points = data.handles?.points ?? []
    if (!place || points.length !== 2) return []
    const { studyUid, ...picture } = place
    return [{ studyUid, mark: { ...picture, points: points.map((point) => [...point]) } }]
  })
}
