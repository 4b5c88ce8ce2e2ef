/** How the pictures of a viewport stand in it: how large, how far from its middle, and turned which way. */
import type { Types } from '@cornerstonejs/core'
import { sizeOnScreen } from './tools/calibration'
import { flipped, turned, UPRIGHT, type Turn } from './tools/orientation'
import type { Picture } from './pictures'

/** How large and where the pictures are, against filling the viewport from its middle; the shift in points of the screen. */
export type Place = { readonly zoom: number; readonly pan: readonly [number, number] }

export class Stance {
  turn = UPRIGHT
  /** How the pictures were turned when they were hung. */
  private hung = UPRIGHT
  /** The parallel scale of a picture that lies on its side and fills the stage. */
  private lyingScale: number | undefined

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

  get place(): Place {
    const [x, y] = this.viewport.getPan()
    return { zoom: this.viewport.getZoom(), pan: [x, y] }
  }

  set place({ zoom, pan: [x, y] }: Place) {
    this.viewport.setZoom(zoom)
    this.viewport.setPan([x, y])
    this.viewport.render()
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
    this.lyingScale = this.turn.quarters % 2 === 1 ? this.fittingScale() : undefined
    if (this.lyingScale !== undefined) this.viewport.setCamera({ parallelScale: this.lyingScale })
    this.viewport.render()
  }

  fills(): boolean {
    const [x, y] = this.viewport.getPan()
    const zoom = this.lyingScale
      ? (this.viewport.getCamera().parallelScale ?? 0) / this.lyingScale
      : this.viewport.getZoom()
    return Math.abs(zoom - 1) < 0.01 && (this.lyingScale !== undefined || Math.abs(x) + Math.abs(y) < 1)
  }

  /** Half of the height of the stage, in mm of the picture, where all of a picture that lies on its side just fits in. */
  private fittingScale(): number | undefined {
    const image = this.image()
    const { clientWidth, clientHeight } = this.viewport.element
    if (!image || clientWidth === 0) return undefined
    const [width, height] = [image.columns * (image.columnPixelSpacing || 1), image.rows * (image.rowPixelSpacing || 1)]
    return Math.max(width, (height * clientHeight) / clientWidth) / 2
  }

  /** Points of the screen for one of the picture. The camera sees twice the parallel scale in height, in mm (or in points). */
  magnificationOf(picture: Picture | undefined): number | null {
    const { parallelScale } = this.viewport.getCamera()
    if (!picture || !parallelScale || !Number.isFinite(parallelScale)) return null
    const [spacing] = sizeOnScreen(picture.metadata)
    return (this.viewport.element.clientHeight * spacing) / (2 * parallelScale)
  }
}
