/** One viewport with a stack of pictures in it: tools, window, and word of what is really on the screen. */
import * as core from '@cornerstonejs/core'
import { loadAgain, wasDrawn } from './cornerstone-own'
import { faultOf, type Fault } from './faults'
import { GreyLevels } from './grey-levels'
import { OnScreen, type Quality } from './on-screen'
import type { MarkChange } from '../api/marks'
import { affineOf, type Affine } from './layers/affine'
import type { Picture } from './pictures'
import { forgetMarks, watchMarks } from './marks'
import { whyNoPlanes } from './reformat/memory'
import { isReformatted } from './reformat/scheme'
import type { NotOneStack } from './reformat/volume'
import { isFromServer } from './rendered-loader'
import { announce, forgetStudies } from './retrieval/announce'
import { deskLine, type Viewer } from './retrieval/desk-line'
import { Dropped } from './retrieval/line'
import { leaveSize, screen, watchSize } from './screen'
import { Stance, type Area } from './stance'
import { Hand } from './tools/hand'
import { UPRIGHT, type Turn } from './tools/orientation'
import { planeOf } from './tools/measurements'
import type { ToolName } from './tools/tool-names'
import { ViewportMarks } from './viewport-marks'
import { windowOf, type Window } from './window-level'

export type StackView = {
  /** Counted from 0. */
  readonly index: number
  readonly window: Window | null
  /** Points of the screen for one of the picture; not known before the first picture. */
  readonly zoom: number | null
  readonly inverted: boolean
  readonly turn: Turn
  readonly quality: Quality
  /** Why the quality is `failed`. */
  readonly fault: Fault | undefined
  /** The server rendered the picture, in 8 bits: what is chosen of windows works on these. */
  readonly fromServer: boolean
}

export type StackListener = {
  onView(view: StackView): void
  /** A picture was drawn at full resolution. */
  onDisplayed(picture: Picture): void
  /** A picture could not be loaded or drawn; of the one that is asked for now, the view tells too. */
  onFailed(picture: Picture, fault: Fault): void
  /** The person drew, changed or removed marks in these pictures. */
  onMarks(change: MarkChange): void
}

/** How somebody looks at the pictures of a stack; without a window each has its own. */
export type Look = {
  readonly window: Window | null
  readonly inverted: boolean
  readonly turn?: Turn | undefined
}

/** How pictures are to stand; without an area the whole picture. */
export type Presented = Required<Look> & { readonly turn: Turn; readonly area: Area | undefined }

const FULL = core.Enums.ImageQualityStatus.FULL_RESOLUTION

const sizeOf = (image: core.Types.IImage): string =>
  [image.rows, image.columns, image.rowPixelSpacing, image.columnPixelSpacing].join()

type Writable<T> = { -readonly [K in keyof T]: T[K] }

let made = 0

export class Stack {
  private readonly id = `stack-${++made}`
  private readonly viewport: core.Types.IStackViewport
  readonly stance: Stance
  private readonly hand: Hand
  private readonly unwatch: () => void
  private pictures: readonly Picture[] = []
  readonly marks: ViewportMarks
  private readonly onScreen = new OnScreen()
  private generation = 0
  private image: core.Types.IImage | undefined
  private readonly levels: GreyLevels
  private readonly viewer: Writable<Viewer> = {
    pictures: [],
    index: 0,
    direction: 1,
    onFailed: ({ imageId }) => this.tellFailed(imageId),
  }

  constructor(
    element: HTMLDivElement,
    private readonly listener: StackListener,
  ) {
    const engine = screen()
    engine.enableElement({ viewportId: this.id, type: core.Enums.ViewportType.STACK, element })
    this.viewport = engine.getViewport(this.id) as core.Types.IStackViewport
    this.stance = new Stance(
      this.viewport,
      () => this.image,
      () => this.report(),
    )
    this.levels = new GreyLevels(this.viewport)
    this.catchLosses()
    this.hand = new Hand(this.id, engine.id)
    const { Events } = core.Enums
    element.addEventListener(Events.PRE_STACK_NEW_IMAGE, this.onAsked as EventListener)
    element.addEventListener(Events.STACK_NEW_IMAGE, this.onNewImage as EventListener)
    element.addEventListener(Events.IMAGE_RENDERED, this.onRendered)
    element.addEventListener(Events.VOI_MODIFIED, this.report)
    element.addEventListener(Events.CAMERA_MODIFIED, this.report)
    core.eventTarget.addEventListener(Events.IMAGE_LOAD_ERROR, this.onError as EventListener)
    this.marks = new ViewportMarks(this.viewport, () => this.pictures)
    this.unwatch = watchMarks(this.marks.imageIds, (change) => listener.onMarks(change))
    watchSize(element, this.stance)
  }

  close(): void {
    this.generation++
    deskLine.leave(this.viewer)
    this.unwatch()
    leaveSize(this.viewport.element)
    core.eventTarget.removeEventListener(core.Enums.Events.IMAGE_LOAD_ERROR, this.onError as EventListener)
    this.hand.close()
    screen().disableElement(this.id)
  }

  /** The window that the person chose, and whether black and white are exchanged. */
  get look(): Look {
    return { window: this.levels.window, inverted: this.levels.inverted, turn: this.stance.turn }
  }

  /** Why no other plane can be made of these; undefined where they can. */
  whyNoPlanes(taken: readonly Picture[]): NotOneStack | undefined {
    return whyNoPlanes(taken)
  }

  /** These studies are looked at no longer. */
  forget(studies: readonly string[]): void {
    forgetMarks(studies)
    forgetStudies(studies)
  }

  /** The reader looks at this one. */
  activate(): void {
    deskLine.activate(this.viewer)
  }

  /** Shows the pictures from `index` on (0 is the first), as somebody looked at them before. */
  async show(pictures: readonly Picture[], index: number, look?: Look): Promise<void> {
    const generation = ++this.generation
    announce(pictures)
    this.pictures = pictures
    this.onScreen.clear()
    this.image = undefined
    this.levels.choose(look?.window)
    this.levels.inverted = look?.inverted ?? false
    this.stance.begin(look?.turn)
    deskLine.tryAgain(pictures)
    this.viewer.pictures = pictures.filter(({ imageId }) => !isReformatted(imageId)) // these fetch what they are made of
    await this.viewport
      .setStack(
        pictures.map((picture) => picture.imageId),
        index,
      )
      .catch((error: unknown) => this.fail(pictures[index]?.imageId, error, generation))
    if (generation === this.generation) this.marks.put()
  }

  goTo(index: number): void {
    const target = Math.min(Math.max(index, 0), this.pictures.length - 1)
    if (target < 0 || target === this.viewport.getCurrentImageIdIndex()) return
    void this.viewport.setImageIdIndex(target)
  }

  /** The picture on the screen is made anew. */
  again(): void {
    const { generation } = this
    const { imageId } = this.pictures[this.viewport.getCurrentImageIdIndex()] ?? {}
    void loadAgain(this.viewport).catch((error: unknown) => this.fail(imageId, error, generation))
  }

  step(by: number): void {
    this.goTo(this.viewport.getCurrentImageIdIndex() + by)
  }

  use(tool: ToolName): void {
    this.hand.take(tool)
  }

  setWindow(window: Window): void {
    this.levels.choose(window)
    this.levels.present(this.image)
  }

  invert(): void {
    this.levels.inverted = !this.levels.inverted
    this.levels.present(this.image)
    this.report()
  }

  /** Where a point of the patient, in mm, lies in the viewport, in points of the screen from its top left. */
  onScreenAt([x, y, z]: readonly [number, number, number]): readonly [number, number] {
    const [left, top] = this.viewport.worldToCanvas([x, y, z])
    return [left, top]
  }

  /** How pixels of the picture come to the viewport, in points of the screen; undefined while another one stands there. */
  affineOf(imageId: string): Affine | undefined {
    const plane = this.image?.imageId === imageId ? planeOf(imageId) : undefined
    return plane && affineOf(plane, (point) => this.onScreenAt(point))
  }

  drawAgain(): void {
    this.viewport.render()
  }

  /** As a presentation state says. */
  present({ area, inverted, turn, window }: Presented): void {
    this.levels.choose(window)
    this.levels.inverted = inverted
    this.stance.show(turn, area)
    this.levels.present(this.image)
    this.report()
  }

  /** Window, zoom, place and turn as at the beginning; measurements stay. */
  reset(): void {
    this.levels.choose(undefined)
    this.levels.inverted = false
    this.stance.reset()
    this.levels.present(this.image)
    this.report()
  }

  /** A picture is asked for, by whatever: it is to stand on the screen. */
  private readonly onAsked = ({ detail }: CustomEvent<core.Types.EventTypes.PreStackNewImageEventDetail>): void => {
    const { viewer } = this
    const by = detail.imageIdIndex - viewer.index
    if (by !== 0) viewer.direction = by > 0 ? 1 : -1
    viewer.index = detail.imageIdIndex
    deskLine.moved(viewer)
  }

  /** Whatever goes to another picture: one that does not come is told of. */
  private catchLosses(): void {
    const go = this.viewport.setImageIdIndex.bind(this.viewport)
    this.viewport.setImageIdIndex = (index) => {
      const { generation } = this
      return go(index).catch((error: unknown) => {
        this.fail(this.pictures[index]?.imageId, error, generation)
        return ''
      })
    }
  }

  private readonly onNewImage = (event: CustomEvent<core.Types.EventTypes.StackNewImageEventDetail>): void => {
    const { image, imageId } = event.detail
    const status = (image as core.Types.IImage & { imageQualityStatus?: number }).imageQualityStatus
    this.onScreen.put(imageId, status === FULL ? 'full' : 'partial')
    const before = this.image
    this.image = image
    queueMicrotask(() => this.putInPlace(image, before)) // on the processor Cornerstone takes the picture after this
    this.report()
  }

  /** Cornerstone leaves the window, and on the processor the size of the picture before, to the next one. */
  private putInPlace(image: core.Types.IImage, before: core.Types.IImage | undefined): void {
    if (this.image !== image) return
    const sameSize = before !== undefined && sizeOf(before) === sizeOf(image)
    if (!sameSize && (core.getShouldUseCPURendering() || this.stance.turn !== UPRIGHT)) this.stance.fit()
    this.levels.present(image)
  }

  private readonly onRendered = (): void => {
    const picture = this.pictures[this.viewport.getCurrentImageIdIndex()]
    this.report()
    if (picture && this.onScreen.qualityOf(picture.imageId) === 'full' && wasDrawn(this.viewport, picture.imageId))
      this.listener.onDisplayed(picture)
  }

  /** Where drawing on the graphics card fails, Cornerstone does not say of which picture. */
  private readonly onError = (event: CustomEvent<{ readonly imageId?: string; readonly error?: unknown }>): void => {
    const current = this.pictures[this.viewport.getCurrentImageIdIndex()]?.imageId ?? ''
    const failed = event.detail.imageId ?? (this.onScreen.qualityOf(current) === 'full' ? '' : current)
    if (this.pictures.some(({ imageId }) => imageId === failed)) this.fail(failed, event.detail.error)
  }

  private fail(imageId: string | undefined, error: unknown, generation = this.generation): void {
    if (imageId === undefined || generation !== this.generation || error instanceof Dropped) return
    this.onScreen.fail(imageId)
    this.tellFailed(imageId)
    this.report()
  }

  private tellFailed(imageId: string): void {
    const picture = this.pictures.find((each) => each.imageId === imageId)
    if (!picture) return
    const fault = faultOf(imageId)
    if (fault === 'unsupported')
      deskLine.skip(this.pictures.filter(({ instanceUid }) => instanceUid === picture.instanceUid))
    this.listener.onFailed(picture, fault)
  }

  private readonly report = (): void => {
    this.stance.note()
    const { voiRange } = this.viewport.getProperties()
    const index = this.viewport.getCurrentImageIdIndex()
    const imageId = this.pictures[index]?.imageId ?? ''
    const quality = this.onScreen.qualityOf(imageId)
    this.listener.onView({
      index,
      window: voiRange ? windowOf(voiRange) : null,
      zoom: this.stance.magnificationOf(this.pictures[index]),
      inverted: this.levels.inverted,
      turn: this.stance.turn,
      quality,
      fault: quality === 'failed' ? faultOf(imageId) : undefined,
      fromServer: this.image !== undefined && isFromServer(this.image),
    })
  }
}
