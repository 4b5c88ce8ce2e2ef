/** How the pictures of a viewport stand in it: how large, how far from its middle, and turned which way. */
import type { Types } from '@cornerstonejs/core'
import { sizeOnScreen } from './tools/calibration'
import { flipped, turned, UPRIGHT, type Turn } from './tools/orientation'
import type { Picture } from './pictures'

/**
 * How large and where the pictures are, against filling the viewport from its middle. `shift`: how far the middle of the
 * picture lies to the right and below that of the viewport, in halves of the height that the picture has when it fills.
 */
export type Place = { readonly zoom: number; readonly shift: readonly [number, number] }

/** The first and the last pixel that are to be seen, column and row from 1. */
export type Area = { readonly from: readonly [number, number]; readonly to: readonly [number, number] }

const FILLING: Place = { zoom: 1, shift: [0, 0] }

export class Stance {
  turn = UPRIGHT
  /** How the pictures were turned when they were hung. */
  private hung = UPRIGHT
  private last = FILLING
  private filled = true

  constructor(
    private readonly viewport: Types.IStackViewport,
    /** The picture on the screen. */
    private readonly image: () => Types.IImage | undefined,
    private readonly onTurned: () => void,
  ) {}

  /** Other pictures come, to be turned so when they are there. */
  begin(turn: Turn | undefined): void {
    this.hung = turn ?? UPRIGHT
    this.turn = this.hung
  }

  /** The last one while the viewport is on its way to another size. */
  get place(): Place {
    this.note()
    return this.last
  }

  /** By the camera, which Cornerstone has alike on both paths: its own zoom and pan mean other things on the processor. */
  set place({ zoom, shift }: Place) {
    const { viewport } = this
    const fits = this.fitting()
    if (!fits) return
    viewport.setCamera({ parallelScale: fits.scale / zoom })
    const [from_x, from_y] = this.offset()
    const points = (part: number): number => (part * fits.half_mm) / this.mmOfAPoint()
    const { focalPoint = [0, 0, 0], position = [0, 0, 0] } = viewport.getCamera()
    const { clientWidth, clientHeight } = viewport.element
    const to = viewport.canvasToWorld([
      clientWidth / 2 + from_x - points(shift[0]),
      clientHeight / 2 + from_y - points(shift[1]),
    ])
    const along = (axis: 0 | 1 | 2): number => position[axis] + to[axis] - focalPoint[axis]
    viewport.setCamera({ focalPoint: to, position: [along(0), along(1), along(2)] })
    viewport.render()
  }

  /** The camera, or what it shows, is another one than before. */
  note(): void {
    const fits = this.fitting()
    const { parallelScale } = this.viewport.getCamera()
    if (!fits || !parallelScale || this.isResizing()) return
    const [x, y] = this.offset()
    const part = this.mmOfAPoint() / fits.half_mm
    this.last = { zoom: fits.scale / parallelScale, shift: [x * part, y * part] }
    const { zoom, shift } = this.last
    const pixel = (this.image()?.rowPixelSpacing || 1) / fits.half_mm // some call a corner of the middle pixel the middle
    this.filled = Math.abs(zoom - 1) < 0.01 && shift.every((each) => Math.abs(each) < Math.max(part, 1.01 * pixel))
  }

  /** Its element has another size already than what is drawn in. */
  private isResizing(): boolean {
    const { width, height } = this.viewport.getCanvas()
    const { clientWidth, clientHeight } = this.viewport.element
    const differs = (drawn: number, shown: number): boolean => Math.abs(drawn / devicePixelRatio - shown) > 1
    return differs(width, clientWidth) || differs(height, clientHeight)
  }

  /** Where the middle of the picture lies, in points of the screen from the top left of the viewport. */
  private middle(): readonly [number, number] {
    const { clientWidth, clientHeight } = this.viewport.element
    const data = this.viewport.getImageData() as Types.IImageData | undefined // before the first picture there is none
    const [columns = 0, rows = 0] = data?.dimensions ?? []
    const world = data?.imageData.indexToWorld?.([(columns - 1) / 2, (rows - 1) / 2, 0]) as Types.Point3 | undefined
    return world ? this.viewport.worldToCanvas(world) : [clientWidth / 2, clientHeight / 2]
  }

  /** How far the middle of the picture lies from that of the viewport, in points of the screen. */
  private offset(): readonly [number, number] {
    const [x, y] = this.middle()
    const { clientWidth, clientHeight } = this.viewport.element
    return [x - clientWidth / 2, y - clientHeight / 2]
  }

  private mmOfAPoint(): number {
    return (2 * (this.viewport.getCamera().parallelScale ?? 0)) / this.viewport.element.clientHeight
  }

  zoomBy(factor: number): void {
    const { parallelScale } = this.viewport.getCamera()
    if (parallelScale) this.viewport.setCamera({ parallelScale: parallelScale / factor })
    this.viewport.render()
  }

  /** By a quarter clockwise; a picture that filled the stage fills it again. */
  rotate(): void {
    const filled = this.fills()
    this.turnTo(turned(this.turn))
    if (filled) this.fit()
  }

  /** Left for right. */
  flip(): void {
    this.turnTo(flipped(this.turn))
  }

  private turnTo(turn: Turn): void {
    this.turn = turn
    this.viewport.setCamera({ flipHorizontal: turn.mirrored })
    this.viewport.setViewPresentation({ rotation: 90 * turn.quarters })
    this.viewport.render()
    this.onTurned()
  }

  /** As the pictures were hung, the whole of them in the middle. */
  reset(): void {
    this.turn = this.hung
    this.fit()
  }

  /** The whole picture in the middle of the stage, turned as it is: Cornerstone itself sets it upright. */
  fit(): void {
    this.viewport.resetCamera()
    this.turnTo(this.turn)
    const fits = this.fitting()
    if (fits && this.turn.quarters % 2 === 1) this.viewport.setCamera({ parallelScale: fits.scale })
    this.viewport.render()
  }

  /** Turned so, with this part of the picture as large as it can be, else with all of it. */
  show(turn: Turn, area: Area | undefined): void {
    this.turn = turn
    this.fit()
    const image = this.image()
    const fits = this.fitting()
    if (!area || !image || !fits) return
    const spacing = [image.columnPixelSpacing || 1, image.rowPixelSpacing || 1] as const
    const whole = [image.columns, image.rows] as const
    const along = (axis: 0 | 1): readonly [number, number] => {
      const [from, to] = [area.from[axis] - 1, area.to[axis]]
      return [((from + to - whole[axis]) / 2) * spacing[axis], (to - from) * spacing[axis]]
    }
    const [[right_mm, width_mm], [down_mm, height_mm]] = [along(0), along(1)]
    const [x, y] = turnedBy(turn, [right_mm, down_mm])
    const [width, height] = turn.quarters % 2 === 1 ? [height_mm, width_mm] : [width_mm, height_mm]
    const { clientWidth, clientHeight } = this.viewport.element
    const scale = Math.max(height, (width * clientHeight) / clientWidth) / 2
    this.place = { zoom: fits.scale / scale, shift: [-x / fits.half_mm, -y / fits.half_mm] }
  }

  /** Of the size that the viewport had until now. */
  fills(): boolean {
    this.note()
    return this.filled
  }

  /** In mm of the picture, turned as it is: half of its height, and the parallel scale where all of it just fits in. */
  private fitting(): { readonly half_mm: number; readonly scale: number } | undefined {
    const image = this.image()
    const { clientWidth, clientHeight } = this.viewport.element
    if (!image || clientWidth === 0) return undefined
    const size = [image.columns * (image.columnPixelSpacing || 1), image.rows * (image.rowPixelSpacing || 1)] as const
    const [width, height] = this.turn.quarters % 2 === 1 ? [size[1], size[0]] : size
    return { half_mm: height / 2, scale: Math.max(height, (width * clientHeight) / clientWidth) / 2 }
  }

  /** Points of the screen for one of the picture. The camera sees twice the parallel scale in height, in mm (or in points). */
  magnificationOf(picture: Picture | undefined): number | null {
    const { parallelScale } = this.viewport.getCamera()
    if (!picture || !parallelScale || !Number.isFinite(parallelScale)) return null
    const [spacing] = sizeOnScreen(picture.metadata)
    return (this.viewport.element.clientHeight * spacing) / (2 * parallelScale)
  }
}

/** A way over the picture, to the right and down, as it leads on the screen. */
export function turnedBy({ mirrored, quarters }: Turn, [right, down]: readonly [number, number]): [number, number] {
  let way: [number, number] = [mirrored ? -right : right, down]
  for (let quarter = 0; quarter < quarters; quarter++) way = [-way[1], way[0]]
  return way
}
