/** Contours of an RT Structure Set (PS3.3 A.19, C.8.8.5, C.8.8.6) over the pictures in whose planes they lie. */
import { TAG, itemsOf, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import type { Picture } from '../pictures'
import { usualColour, type Colour } from './colour'
import { dot, gridOf, type Grid } from './grid'
import type { Found, Layer, Line, Made, Part, Shape, Unusable } from './layer'

const OF_STRUCTURES = {
  label: '30060002',
  contourImages: '30060016',
  rois: '30060020',
  roiNumber: '30060022',
  roiSpace: '30060024',
  roiName: '30060026',
  colour: '3006002A',
  roiContours: '30060039',
  contours: '30060040',
  type: '30060042',
  data: '30060050',
  referencedRoi: '30060084',
} as const
const BETWEEN_SLICES = '00180088'
const CLOSED: ReadonlySet<string> = new Set(['CLOSED_PLANAR', 'CLOSEDPLANAR_XOR'])

export type Contour = {
  readonly roi: number
  /** x, y and z in mm, one after the other. */
  readonly points: readonly number[]
  /** Instances in whose planes it was drawn, each with its frame; 0 where the instance has one. */
  readonly sources: ReadonlyMap<string, number>
  readonly frameOfReference: string
}

export type Structures = {
  readonly kind: 'structures'
  readonly title: string
  readonly parts: readonly Part[]
  readonly contours: readonly Contour[]
}

export function structuresOf(instance: DataSet): Structures | Unusable {
  const kind = 'structures'
  const title = textOf(instance, OF_STRUCTURES.label) || textOf(instance, TAG.SeriesDescription)
  const rois = new Map(
    itemsOf(instance, OF_STRUCTURES.rois).map((roi) => [numberOf(roi, OF_STRUCTURES.roiNumber) ?? -1, roi]),
  )
  const drawn = itemsOf(instance, OF_STRUCTURES.roiContours).flatMap((item) => {
    const number = numberOf(item, OF_STRUCTURES.referencedRoi) ?? -1
    const space = textOf(rois.get(number) ?? {}, OF_STRUCTURES.roiSpace)
    const contours = itemsOf(item, OF_STRUCTURES.contours).flatMap((contour) => contourOf(contour, number, space))
    return contours.length === 0 ? [] : [{ number, item, contours }]
  })
  if (drawn.length === 0) return { kind, title, why: 'empty' }
  const parts = drawn.map(({ number, item }, at) => ({
    id: number,
    name: textOf(rois.get(number) ?? {}, OF_STRUCTURES.roiName),
    colour: colourOf(numbersOf(item, OF_STRUCTURES.colour)) ?? usualColour(at + 1),
  }))
  return { kind, title, parts, contours: drawn.flatMap(({ contours }) => contours) }
}

const colourOf = ([red, green, blue]: readonly number[]): Colour | undefined =>
  red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue]

/** Points and open lines enclose nothing. */
function contourOf(contour: DataSet, roi: number, frameOfReference: string): readonly Contour[] {
  const points = numbersOf(contour, OF_STRUCTURES.data)
  if (!CLOSED.has(textOf(contour, OF_STRUCTURES.type)) || points.length < 9 || points.length % 3 !== 0) return []
  // Without what is no number, what follows would stand for another axis.
  if (points.length !== contour[OF_STRUCTURES.data]?.Value?.length) return []
  const sources = new Map(
    itemsOf(contour, OF_STRUCTURES.contourImages).map((image) => [
      textOf(image, '00081155'),
      numberOf(image, '00081160') ?? 0,
    ]),
  )
  return [{ roi, points, sources, frameOfReference }]
}

export class StructuresLayer implements Layer {
  readonly kind = 'structures'
  readonly title: string
  readonly parts: readonly Part[]
  private readonly known = new Map<string, Found>()

  constructor(private readonly structures: Structures) {
    this.title = structures.title
    this.parts = structures.parts
  }

  on(picture: Picture, made: Made): Found {
    const key = `${picture.imageId} ${made}`
    const known = this.known.get(key) ?? contoursOn(this.structures, picture, made)
    this.known.set(key, known)
    return known
  }

  again(): void {
    this.known.clear()
  }

  close(): void {
    this.known.clear()
  }
}

/** Contours lie in the planes in which they were drawn, and say nothing of others. */
export function contoursOn(
  { parts, contours }: Structures,
  { instanceUid, frame, metadata }: Pick<Picture, 'instanceUid' | 'frame' | 'metadata'>,
  made: Made,
): Found {
  const grid = gridOf(metadata)
  const isNamed = ({ sources }: Contour): boolean => {
    const named = sources.get(instanceUid)
    return named !== undefined && (named === 0 || named === frame)
  }
  const isOneSpace = ({ frameOfReference }: Contour): boolean =>
    frameOfReference !== '' && frameOfReference === grid?.frameOfReference
  if (!grid || !contours.some((contour) => isNamed(contour) || isOneSpace(contour))) return 'elsewhere'
  if (made !== 'taken') return made === 'slab' ? 'slab' : 'made'
  const half_mm = halfOf(metadata)
  const here = contours.filter(
    (contour) => isNamed(contour) || (isOneSpace(contour) && liesIn(contour.points, grid, half_mm)),
  )
  return parts.flatMap(({ id }): readonly Shape[] => {
    const lines = here.flatMap(({ roi, points }) => (roi === id ? [lineOf(points, grid)] : []))
    return lines.length === 0 ? [] : [{ part: id, lines, areClosed: true }]
  })
}

/** Half of the distance between slices, else of their thickness. */
const halfOf = (metadata: DataSet): number =>
  (numberOf(metadata, BETWEEN_SLICES) || numberOf(metadata, TAG.SliceThickness) || 1) / 2

/** A contour in the middle between two slices belongs to the one behind, so that it is drawn once. */
function liesIn(points: readonly number[], { plane, normal }: Grid, half_mm: number): boolean {
  const place = dot(plane.origin, normal)
  for (let at = 0; at + 2 < points.length; at += 3) {
    const apart = dot([points[at] ?? NaN, points[at + 1] ?? NaN, points[at + 2] ?? NaN], normal) - place
    if (!(apart >= -half_mm && apart < half_mm)) return false
  }
  return true
}

function lineOf(points: readonly number[], { plane: { origin, row, column, spacing_mm } }: Grid): Line {
  const line: number[] = []
  for (let at = 0; at + 2 < points.length; at += 3) {
    const from = [
      (points[at] ?? 0) - origin[0],
      (points[at + 1] ?? 0) - origin[1],
      (points[at + 2] ?? 0) - origin[2],
    ] as const
    line.push(dot(from, row) / spacing_mm[0] + 0.5, dot(from, column) / spacing_mm[1] + 0.5)
  }
  return line
}
