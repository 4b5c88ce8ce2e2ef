/** Marks in words: what was measured, and in which picture. */
import type { Mark, MarkValue } from '../api/shapes'
import { day, named, text } from '../language'
import type { Place } from './mark-places'

/** Kind, what was measured, and what somebody wrote to it. */
export const markWords = (mark: Mark): string =>
  [[named('mark.kind', mark.kind), valuesOf(mark)].filter(Boolean).join(' '), mark.text]
    .filter(Boolean)
    .join(text('colon'))

const valuesOf = ({ values }: Mark): string => values.map(valueWords).join(text('list-comma'))

/** Where a mark measures one thing, its kind says what. */
const NAMELESS: ReadonlySet<MarkValue['name']> = new Set(['length', 'angle', 'value', 'ratio'])

export function valueWords({ name, value, unit }: MarkValue): string {
  const said = unitOf(unit)
  const joint = said === '°' ? '' : ' '
  const number = numberWords(name, value)
  return [NAMELESS.has(name) ? '' : named('mark.value', name), said ? number + joint + said : number]
    .filter(Boolean)
    .join(' ')
}

const unitOf = (unit: string): string => (unit === '1' ? '' : named('mark.unit', unit))

const WHOLE: ReadonlySet<MarkValue['name']> = new Set(['min', 'max', 'value'])

/** One decimal, two of a ratio; values of single pixels are whole where they are. The sheet (viewer/views) writes the same. */
function numberWords(name: MarkValue['name'], value: number): string {
  if (WHOLE.has(name) && Number.isInteger(value)) return String(value)
  return value.toFixed(name === 'ratio' ? 2 : 1)
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
