/** What is said of pictures that are made of others. */
import { text } from '../../language'
import type { Reformat } from './plan'
import type { Progress } from './reformatted'

/** Which plane, and of what slab: written over each such picture. */
export function madeWords({ plane, projection, thickness_mm }: Reformat): string {
  const slab = projection === 'none' ? '' : `${text(`desk.projection.${projection}`)} ${thickness_mm} mm`
  return [text('desk.reformat.made'), text(`desk.plane.${plane}`), slab].filter(Boolean).join(' · ')
}

export const loadingWords = ({ loaded, of }: Progress): string =>
  text('desk.reformat.loading', { n: loaded, count: of })
