/** Shapes on a canvas over a picture, as it stands on the screen: zoomed, moved, turned and mirrored with it. */
import type { Affine } from './affine'
import type { Colour } from './colour'
import type { Line, Mask, Shape } from './layer'

export type Painted = { readonly shape: Shape; readonly colour: Colour }
export type Style = { /** 0 to 1. */ readonly opacity: number; readonly isFilled: boolean }

/** In points of the screen, on a dark border: colours are seen on light and on dark pictures. */
const LINE = 1.5

export function paint(
  canvas: HTMLCanvasElement,
  affine: Affine | undefined,
  painted: readonly Painted[],
  style: Style,
): void {
  const { clientWidth, clientHeight } = canvas
  const [width, height] = [clientWidth, clientHeight].map((points) => Math.round(points * devicePixelRatio)) as [
    number,
    number,
  ]
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  if (!context) return
  context.resetTransform()
  context.clearRect(0, 0, width, height)
  if (!affine) return
  const matrix = new DOMMatrix().scale(devicePixelRatio).multiply(new DOMMatrix([...affine]))
  context.imageSmoothingEnabled = false
  for (const { shape, colour } of painted) {
    const path = pathOf(shape)
    if (style.isFilled) {
      context.setTransform(matrix)
      context.globalAlpha = style.opacity
      if (shape.mask) context.drawImage(pictureOf(shape.mask, colour), 0, 0)
      else if (shape.areClosed) {
        context.fillStyle = `rgb(${colour.join()})`
        context.fill(path, 'evenodd')
      }
    }
    context.resetTransform()
    context.globalAlpha = 1
    const onScreen = new Path2D()
    onScreen.addPath(path, matrix)
    for (const [wide, ink] of [
      [2 * LINE, 'rgb(0 0 0 / 45%)'],
      [LINE, `rgb(${colour.join()})`],
    ] as const) {
      context.lineWidth = wide * devicePixelRatio
      context.strokeStyle = ink
      context.stroke(onScreen)
    }
  }
}

const paths = new WeakMap<readonly Line[], Path2D>()

function pathOf({ lines, areClosed }: Shape): Path2D {
  const known = paths.get(lines)
  if (known) return known
  const path = new Path2D()
  for (const line of lines) {
    for (let at = 0; at + 1 < line.length; at += 2) {
      const [x, y] = [line[at] ?? 0, line[at + 1] ?? 0]
      if (at === 0) path.moveTo(x, y)
      else path.lineTo(x, y)
    }
    if (areClosed) path.closePath()
  }
  paths.set(lines, path)
  return path
}

const pictures = new WeakMap<Mask, HTMLCanvasElement>()

function pictureOf(mask: Mask, [red, green, blue]: Colour): HTMLCanvasElement {
  const known = pictures.get(mask)
  if (known) return known
  const { columns, rows, values } = mask
  const canvas = Object.assign(document.createElement('canvas'), { width: columns, height: rows })
  const pixels = new ImageData(columns, rows)
  for (let at = 0; at < values.length; at++) pixels.data.set([red, green, blue, values[at] ?? 0], 4 * at)
  canvas.getContext('2d')?.putImageData(pixels, 0, 0)
  pictures.set(mask, canvas)
  return canvas
}
