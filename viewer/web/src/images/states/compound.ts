/**
 * Compound graphics of a presentation state (PS3.3 C.10.5.1.3). Each has simple graphics and words of the same id, which are
 * drawn as all others are; one that lacks them is drawn by itself where its kind is as simple: lines, a rectangle, an ellipse.
 */
import { itemsOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import type { Graphic, Spot, Units } from './state'

const OF_COMPOUND = {
  compounds: '00700209',
  graphics: '00700009',
  texts: '00700008',
  id: '00700226',
  units: '00700282',
  type: '00700294',
  points: '00700022',
  angle: '00700230',
  around: '00700273',
  filled: '00700024',
} as const

export type Compounds = { readonly graphics: readonly Graphic[]; readonly isPartial: boolean }

/** Of an annotation. */
export function compoundsOf(annotation: DataSet): Compounds {
  const simple = [OF_COMPOUND.graphics, OF_COMPOUND.texts].flatMap((tag) => itemsOf(annotation, tag))
  const rendered = new Set(simple.map((item) => numberOf(item, OF_COMPOUND.id)).filter((id) => id !== undefined))
  const alone = itemsOf(annotation, OF_COMPOUND.compounds).filter((item) => {
    const id = numberOf(item, OF_COMPOUND.id)
    return id === undefined || !rendered.has(id)
  })
  const drawn = alone.map(graphicsOf)
  return { graphics: drawn.flat(), isPartial: drawn.some((each) => each.length === 0) }
}

function graphicsOf(item: DataSet): readonly Graphic[] {
  const numbers = numbersOf(item, OF_COMPOUND.points)
  const points = Array.from({ length: numbers.length / 2 }, (_, at): Spot => [
    numbers[2 * at] ?? 0,
    numbers[2 * at + 1] ?? 0,
  ])
  const [units, angle] = [textOf(item, OF_COMPOUND.units), numberOf(item, OF_COMPOUND.angle) ?? 0]
  const [column, row] = numbersOf(item, OF_COMPOUND.around)
  // In parts of the displayed area a circle is none: what is turned there would be bent.
  const isKnown = units === 'PIXEL' || (units === 'DISPLAY' && angle === 0)
  if (!isKnown || (angle !== 0 && (column === undefined || row === undefined))) return []
  const turn = turned(angle, [column ?? 0, row ?? 0])
  const filled = textOf(item, OF_COMPOUND.filled) === 'Y'
  const made = shapesOf(textOf(item, OF_COMPOUND.type), points)
  return made.map(({ kind, points: of }) => ({ kind, units: units as Units, points: of.map(turn), filled }))
}

type Shape = Pick<Graphic, 'kind' | 'points'>

/** A rectangle and an ellipse say their upper left and lower right corner; lines the two ends of each. */
function shapesOf(type: string, points: readonly Spot[]): readonly Shape[] {
  const [from, to] = points
  if (type === 'MULTILINE' && points.length >= 2 && points.length % 2 === 0)
    return Array.from({ length: points.length / 2 }, (_, at) => ({
      kind: 'POLYLINE',
      points: points.slice(2 * at, 2 * at + 2),
    }))
  if (!from || !to || points.length !== 2) return []
  const [[left, top], [right, bottom]] = [from, to]
  if (type === 'RECTANGLE') return [{ kind: 'POLYLINE', points: [from, [right, top], to, [left, bottom], from] }]
  if (type !== 'ELLIPSE') return []
  const [x, y] = [(left + right) / 2, (top + bottom) / 2]
  return [{ kind: 'ELLIPSE', points: [[left, y], [right, y], [x, top], [x, bottom]] }] // prettier-ignore
}

/** Degrees, against the clock as it is seen: rows lead downwards. */
function turned(degrees: number, [x, y]: Spot): (spot: Spot) => Spot {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  return ([column, row]) => [x + (column - x) * cos + (row - y) * sin, y - (column - x) * sin + (row - y) * cos]
}
