/** Makes pictures known to Cornerstone, and forgets them. */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import { announcedAs, forgetAnnounced, noteAnnounced } from '../announced'
import { TAG, textOf } from '../dicom-json'
import { planesOf } from '../overlay-planes'
import { seriesPath, type Picture } from '../pictures'
import { isReformatted } from '../reformat/scheme'
import { RENDERED } from '../rendered'
import { drawable } from '../tools/calibration'
import { voiOf } from '../voi'
import { deskLine } from './desk-line'

/** Pictures of grey values whose window is known before their pixels, and that need nothing drawn into them. */
export function comesByAndBy({ imageId, frame, metadata }: Picture): boolean {
  return (
    !imageId.startsWith(`${RENDERED}:`) &&
    !isReformatted(imageId) &&
    textOf(metadata, TAG.PhotometricInterpretation).startsWith('MONOCHROME') &&
    voiOf(metadata) !== undefined &&
    planesOf(metadata, frame).length === 0
  )
}

/** Lets Cornerstone draw what comes by and by each time that more of it is there. */
export function coarsePictures(type: string, imageId: string): object | undefined {
  if (type !== core.utilities.imageRetrieveMetadataProvider.IMAGE_RETRIEVE_CONFIGURATION) return undefined
  const picture = announcedAs(imageId)
  return picture && comesByAndBy(picture) ? {} : undefined
}

export function announce(pictures: readonly Picture[]): void {
  for (const picture of pictures) {
    const before = noteAnnounced(picture)
    if (before === picture) continue
    if (before && before.content !== picture.content) forgetPixels(picture) // it may be another picture by now
    loader.wadors.metaDataManager.add(picture.imageId, { ...drawable(picture.metadata) } as never)
  }
}

/** These studies are looked at no longer. */
export function forgetStudies(studies: readonly string[]): void {
  const paths = studies.map((studyUid) => seriesPath({ studyUid, seriesUid: '' }))
  forgetThose(({ imageId }) => paths.some((path) => imageId.includes(path)))
}

/** What was made is shown no longer. */
export function forget(pictures: readonly Picture[]): void {
  const over = new Set(pictures)
  forgetThose((picture) => over.has(picture))
}

function forgetThose(isOver: (picture: Picture) => boolean): void {
  for (const picture of forgetAnnounced(isOver)) {
    deskLine.line.drop(picture.imageId)
    forgetPixels(picture)
    loader.wadors.metaDataManager.remove(picture.imageId)
  }
}

/** Complete, on their way, or coarse. */
export function forgetPixels({ imageId }: Picture): void {
  const isKept = core.cache.getImageLoadObject(imageId) ?? core.cache.getImage(imageId)
  if (isKept) core.cache.removeImageLoadObject(imageId, { force: true })
}
