/** A presentation state over a picture: shutters below, graphics and words above. */
import type { Affine } from '../layers/affine'
import type { Colour } from '../layers/colour'
import type { Picture } from '../pictures'
import { TAG, numberOf } from '../dicom-json'
import { coverBits } from './bitmap'
import { lineOf, projectionOf, type Projection } from './shapes'
import { applies, type Annotation, type Shutter, type Spot, type State, type Words } from './state'

/** In points of the screen. */
const LINE = 1.5
const DOT = 3
const LETTERS = 14

export function drawState(canvas: HTMLCanvasElement, state: State, picture: Picture, affine: Affine): void {
  const context = canvas.getContext('2d')
  if (!context) return
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
  context.globalAlpha = 1
  const project = projectionOf(affine, areaOn(state, picture))
  for (const shutter of state.shutters) cover(context, canvas, shutter, project)
  if (state.bitmap) coverBits(context, state.bitmap, affine)
  for (const annotation of state.annotations)
    if (applies(annotation.of, picture)) annotate(context, annotation, project)
}

/** The displayed area of a picture; all of it where the state names none. */
export const areaOn = ({ areas }: State, picture: Picture): { readonly from: Spot; readonly to: Spot } =>
  areas.find(({ of }) => applies(of, picture)) ?? {
    from: [1, 1],
    to: [numberOf(picture.metadata, TAG.Columns) ?? 1, numberOf(picture.metadata, TAG.Rows) ?? 1],
  }

function cover(
  context: CanvasRenderingContext2D,
  { clientWidth, clientHeight }: HTMLCanvasElement,
  shutter: Shutter,
  project: Projection,
): void {
  const path = new Path2D()
  path.rect(0, 0, clientWidth, clientHeight)
  trace(
    path,
    cornersOf(shutter).map((spot) => project('PIXEL', spot)),
  )
  path.closePath()
  context.fillStyle = '#000'
  context.fill(path, 'evenodd')
}

function cornersOf(shutter: Shutter): readonly Spot[] {
  if (shutter.kind === 'polygon') return shutter.points
  if (shutter.kind === 'circle') {
    const { centre, radius } = shutter
    return lineOf({ kind: 'CIRCLE', points: [centre, [centre[0] + radius, centre[1]]] })
  }
  const [[left, top], [right, bottom]] = [shutter.from, shutter.to]
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]
}

function annotate(
  context: CanvasRenderingContext2D,
  { colour, graphics, words }: Annotation,
  project: Projection,
): void {
  for (const graphic of graphics) {
    const line = lineOf(graphic).map((spot) => project(graphic.units, spot))
    const path = new Path2D()
    const [first] = line
    if (graphic.kind === 'POINT' && first) path.arc(first[0], first[1], DOT, 0, 2 * Math.PI)
    else trace(path, line)
    if (graphic.filled || graphic.kind === 'POINT') {
      context.fillStyle = inkOf(colour)
      context.fill(path)
    }
    stroke(context, path, colour)
  }
  for (const each of words) write(context, each, colour, project)
}

function write(
  context: CanvasRenderingContext2D,
  { anchor, box, lines }: Words,
  colour: Colour,
  project: Projection,
): void {
  const corners = box && [project(box.units, box.from), project(box.units, box.to)]
  const at = anchor && project(anchor.units, anchor.at)
  const [x, y] = corners
    ? [Math.min(...corners.map(([each]) => each)), Math.min(...corners.map(([, each]) => each))]
    : (at ?? [0, 0])
  if (anchor?.isShown && at && corners) {
    const path = new Path2D()
    trace(path, [nearest(corners as [Spot, Spot], at), at])
    stroke(context, path, colour)
  }
  context.font = `${LETTERS}px system-ui, sans-serif`
  context.textBaseline = 'top'
  context.lineJoin = 'round'
  lines.forEach((line, number) => {
    context.lineWidth = 3
    context.strokeStyle = 'rgb(0 0 0 / 70%)'
    context.strokeText(line, x, y + 1.25 * LETTERS * number)
    context.fillStyle = inkOf(colour)
    context.fillText(line, x, y + 1.25 * LETTERS * number)
  })
}

/** Of the edges of a box. */
function nearest(corners: readonly [Spot, Spot], at: Spot): Spot {
  const within = (axis: 0 | 1): number => {
    const [low, high] = [Math.min(corners[0][axis], corners[1][axis]), Math.max(corners[0][axis], corners[1][axis])]
    return Math.min(Math.max(at[axis], low), high)
  }
  return [within(0), within(1)]
}

function trace(path: Path2D, line: readonly Spot[]): void {
  line.forEach(([x, y], at) => (at === 0 ? path.moveTo(x, y) : path.lineTo(x, y)))
}

/** On a dark border, so that it is seen on light and on dark pictures. */
function stroke(context: CanvasRenderingContext2D, path: Path2D, colour: Colour): void {
  for (const [wide, ink] of [
    [2 * LINE, 'rgb(0 0 0 / 45%)'],
    [LINE, inkOf(colour)],
  ] as const) {
    context.lineWidth = wide
    context.strokeStyle = ink
    context.stroke(path)
  }
}

const inkOf = (colour: Colour): string => `rgb(${colour.join()})`
