/** What was measured, in words: a number with its unit. */
import type { MarkValue } from '../../api/marks'
import { named } from '../../language'

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
