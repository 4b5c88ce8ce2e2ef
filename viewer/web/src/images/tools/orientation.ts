/** Which way the patient lies in a picture, and on the screen after it was turned and flipped. */
import { TAG, numbersOf, type DataSet } from '../dicom-json'

/** Letters for the sides of the picture towards which the patient's Right, Left, Anterior, Posterior, Head and Foot lie. */
export type Sides = { readonly top: string; readonly right: string; readonly bottom: string; readonly left: string }

/** How a picture is turned on the screen: mirrored first (left for right), then by quarters clockwise. */
export type Turn = { readonly quarters: number; readonly mirrored: boolean }

export const UPRIGHT: Turn = { quarters: 0, mirrored: false }

/** By a quarter clockwise, as it is seen now. */
export const turned = ({ quarters, mirrored }: Turn): Turn => ({ quarters: (quarters + 1) % 4, mirrored })

/** Left for right, as it is seen now. */
export const flipped = ({ quarters, mirrored }: Turn): Turn => ({ quarters: (4 - quarters) % 4, mirrored: !mirrored })

/** Undefined where the picture does not say. */
export function sidesOf(metadata: DataSet, turn: Turn = UPRIGHT): Sides | undefined {
  const [right, bottom] = directionsOf(metadata) ?? []
  if (!right || !bottom) return undefined
  const [top, left] = [opposite(bottom), opposite(right)]
  const clockwise = turn.mirrored ? [top, left, bottom, right] : [top, right, bottom, left]
  const [up = '', onRight = '', down = '', onLeft = ''] = [0, 1, 2, 3].map(
    (side) => clockwise[(side - turn.quarters + 4) % 4],
  )
  return { top: up, right: onRight, bottom: down, left: onLeft }
}

/** Where the rows and where the columns lead; by the geometry, else as the device says (PS3.3 C.7.6.1.1.1). */
function directionsOf(metadata: DataSet): readonly [string, string] | undefined {
  const cosines = numbersOf(metadata, TAG.ImageOrientationPatient)
  if (cosines.length === 6) return [lettersOf(cosines.slice(0, 3)), lettersOf(cosines.slice(3))]
  const said = (metadata[TAG.PatientOrientation]?.Value ?? []).map(String)
  const [row = '', column = ''] = said.map((letters) => (/^[LRAPHF]{1,3}$/.test(letters) ? letters : ''))
  return row && column ? [row, column] : undefined
}

/** The sine of 15 degrees: a direction that leans less towards an axis is not named for it too. */
const LEAN = 0.2588

/** Of a direction in the patient (x to the left, y to the back, z to the head); the axis it follows most goes first. */
export function lettersOf([x = 0, y = 0, z = 0]: readonly number[]): string {
  const axes = [
    { size: Math.abs(x), letter: x > 0 ? 'L' : 'R' },
    { size: Math.abs(y), letter: y > 0 ? 'P' : 'A' },
    { size: Math.abs(z), letter: z > 0 ? 'H' : 'F' },
  ]
  return axes
    .filter(({ size }) => size > LEAN)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('')
}

const OPPOSITES: Readonly<Record<string, string>> = { L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' }

const opposite = (letters: string): string => [...letters].map((letter) => OPPOSITES[letter] ?? '').join('')
