/** The scheme of the image ids of reformatted frames: they are of no instance, and nothing that is kept refers to them. */
export const REFORMATTED = 'reformat'

export const isReformatted = (imageId: string): boolean => imageId.startsWith(`${REFORMATTED}:`)
