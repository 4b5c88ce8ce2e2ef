/** Marks in words: what was measured, and in which picture. */
import type { Mark } from '../api/marks'
import { day, named, text } from '../language'
import { valueWords } from '../images/tools/value-words'
import type { Place } from './mark-places'

const LENGTHS: ReadonlySet<string> = new Set(['length', 'area'])
const PIXELS = '{pixels}'

/** Kind, what was measured, how lengths were calibrated, and what somebody wrote to it. */
export const markWords = (mark: Mark): string =>
  [[named('mark.kind', mark.kind), valuesOf(mark)].filter(Boolean).join(' ') + calibrationOf(mark), mark.text]
    .filter(Boolean)
    .join(text('colon'))

const valuesOf = ({ values }: Mark): string => values.map(valueWords).join(text('list-comma'))

/** In brackets, where lengths are not simply those in the patient. */
function calibrationOf({ values, calibration }: Mark): string {
  const scaled = values.some(({ name, unit }) => LENGTHS.has(name) && !unit.startsWith(PIXELS))
  if (!scaled || calibration === 'patient') return ''
  return text('mark.calibrated', { how: text(`mark.calibration.${calibration ?? 'unknown'}`) })
}

/** Series 2, image 14, frame 3; empty while it is not known. */
export function placeWords(mark: Mark, place: Place | 'gone' | undefined): string {
  if (place === 'gone') return text('mark.gone')
  if (!place) return ''
  const parts = [
    place.earlier === null ? '' : text('mark.earlier', { date: place.earlier ? day(place.earlier) : '' }).trim(),
    place.series === undefined ? '' : text('mark.series', { n: place.series }),
    place.image === undefined ? '' : text('mark.image', { n: place.image }),
    place.frames > 1 ? text('mark.frame', { n: mark.frame }) : '',
  ]
  return parts.filter(Boolean).join(text('mark.place-join'))
}

/** How many measurements and key images, for a signature. */
export function markCounts(marks: readonly Mark[]): string {
  const keys = marks.filter(({ kind }) => kind === 'key').length
  const others = marks.length - keys
  return [
    others === 0 ? '' : text(others === 1 ? 'mark.count-one' : 'mark.count', { n: others }),
    keys === 0 ? '' : text(keys === 1 ? 'mark.count-key-one' : 'mark.count-keys', { n: keys }),
  ]
    .filter(Boolean)
    .join(text('list-comma'))
}
