/** The pictures that Cornerstone was told of, by image id: their metadata as they are, before anything is made drawable. */
import type { Picture } from './pictures'

const pictures = new Map<string, Picture>()

export const announcedAs = (imageId: string): Picture | undefined => pictures.get(imageId)

export const everyAnnounced = (): readonly Picture[] => [...pictures.values()]

/** What was announced under the same id before. */
export function noteAnnounced(picture: Picture): Picture | undefined {
  const before = pictures.get(picture.imageId)
  pictures.set(picture.imageId, picture)
  return before
}

/** Those that were forgotten. */
export function forgetAnnounced(isOver: (picture: Picture) => boolean): readonly Picture[] {
  const over = everyAnnounced().filter(isOver)
  for (const { imageId } of over) pictures.delete(imageId)
  return over
}
