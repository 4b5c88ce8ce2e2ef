/** Pictures that were fetched ahead into the browser's cache: they are there sooner than the server could render anything. */
import type { Picture } from '../pictures'

const cached = new Set<string>()

export const noteCached = ({ imageId }: Picture): unknown => cached.add(imageId)
export const isCached = ({ imageId }: Picture): boolean => cached.has(imageId)
export const forgetCached = (): void => cached.clear()
