/** A series in another plane, or as slabs: its frames as pictures, made out of the slices that are there as they are asked for. */
import * as core from '@cornerstonejs/core'
import { dropMarks } from '../marks'
import type { Picture } from '../pictures'
import { forget } from '../retrieval/announce'
import { fullRange, voiOf } from '../voi'
import { windowOf } from '../window-level'
import { NoPicture } from '../faults'
import { endsOf, frameOf, type Frame } from './frame'
import { mostBytes } from './memory'
import { metadataOf, planOf, type Plan, type Reformat } from './plan'
import { holdSlices, letSlicesGo, type Slices } from './slices'
import { REFORMATTED } from './scheme'
import { volumeOf, type Volume } from './volume'

const { FULL_RESOLUTION, SUBRESOLUTION } = core.Enums.ImageQualityStatus
/** Frames in memory: they are made anew sooner than slices are fetched anew. */
const MOST_FRAMES = 24
/** What is on the screen is made again no more often, while slices come. */
const AGAIN_MS = 500

export type Progress = { readonly loaded: number; readonly failed: number; readonly of: number }

const open = new Map<string, Reformatted>()
let made = 0

/** `pictures`: the series as it was taken. Raises NotOneStack. */
export const reformatted = (pictures: readonly Picture[], how: Reformat, onProgress: () => void): Reformatted =>
  new Reformatted(volumeOf(pictures, mostBytes()), how, onProgress)

class Reformatted {
  readonly pictures: readonly Picture[]
  private readonly id = `${++made}`
  private readonly plan: Plan
  private readonly slices: Slices
  private readonly frames: string[] = []
  private readonly unwhole = new Set<string>()
  private timer: ReturnType<typeof setTimeout> | undefined

  /** `onProgress`: more slices are there, of which the picture on the screen may be made again. */
  constructor(
    private readonly volume: Volume,
    readonly how: Reformat,
    private readonly onProgress: () => void,
  ) {
    this.plan = planOf(volume, how)
    const middle = volume.pictures[Math.floor(volume.pictures.length / 2)]
    const thickness_mm = how.projection === 'none' ? 0 : how.thickness_mm
    this.pictures = Array.from({ length: this.plan.through.count }, (_, at) => ({
      imageId: `${REFORMATTED}:${this.id}/frames/${at + 1}`,
      instanceUid: '',
      frame: at + 1,
      metadata: metadataOf(volume, this.plan, at, middle?.metadata ?? {}, thickness_mm),
      content: '',
      digest: '',
      privateClass: '',
    }))
    open.set(this.id, this)
    this.slices = holdSlices(volume)
    this.slices.listeners.add(this.arrived)
  }

  get progress(): Progress {
    const { loaded, failed, pixels } = this.slices
    return { loaded, failed, of: pixels.length }
  }

  close(): void {
    clearTimeout(this.timer)
    this.slices.listeners.delete(this.arrived)
    letSlicesGo(this.volume)
    open.delete(this.id)
    dropMarks(new Set(this.pictures.map(({ imageId }) => imageId)))
    forget(this.pictures)
  }

  private readonly arrived = (): void => {
    const { loaded, failed, of } = this.progress
    if (loaded + failed >= of) {
      clearTimeout(this.timer)
      this.again()
    } else this.timer ??= setTimeout(this.again, AGAIN_MS)
  }

  private readonly again = (): void => {
    this.timer = undefined
    for (const imageId of this.unwhole) drop(imageId)
    this.unwhole.clear()
    this.onProgress()
  }

  /** `at` counts from 0. Rejects where no slice came. */
  async image(imageId: string, at: number): Promise<core.Types.IImage> {
    await this.firstSlice()
    const { like } = this.slices
    const picture = this.pictures[at]
    if (!like || !picture) throw new NoPicture('load_failed')
    const { ends, kind, pixels: slices } = this.slices
    const [columns, rows] = this.volume.size
    const frame = frameOf({ slices, columns, rows, kind }, this.plan, this.how.projection, at, ends[0])
    this.keep(imageId)
    if (!frame.isWhole) this.unwhole.add(imageId)
    return imageOf(picture, frame, like)
  }

  private keep(imageId: string): void {
    const before = this.frames.indexOf(imageId)
    if (before >= 0) this.frames.splice(before, 1)
    this.frames.push(imageId)
    if (this.frames.length > MOST_FRAMES) drop(this.frames.shift() ?? '')
  }

  private async firstSlice(): Promise<void> {
    const { slices } = this
    const isReady = (): boolean => slices.like !== undefined || slices.failed >= slices.pixels.length
    if (isReady()) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isReady()) return
        slices.listeners.delete(look)
        resolve()
      }
      slices.listeners.add(look)
    })
  }
}

function drop(imageId: string): void {
  if (core.cache.getImageLoadObject(imageId)) core.cache.removeImageLoadObject(imageId, { force: true })
}

/** Cornerstone asks for a frame. */
function loadReformatted(imageId: string): { promise: Promise<core.Types.IImage> } {
  const [, id = '', frame = ''] = /:(\d+)\/frames\/(\d+)$/.exec(imageId) ?? []
  const series = open.get(id)
  return { promise: series ? series.image(imageId, Number(frame) - 1) : Promise.reject(new NoPicture('load_failed')) }
}

core.imageLoader.registerImageLoader(REFORMATTED, loadReformatted)

/** As the loader of the slices would give it: with their rescale, or after it. */
function imageOf(
  { imageId, metadata }: Picture,
  { pixels, isWhole }: Frame,
  like: core.Types.IImage,
): core.Types.IImage {
  const plane = core.metaData.get(core.Enums.MetadataModules.IMAGE_PLANE, imageId) as core.Types.ImagePlaneModule
  const { rows, columns, rowPixelSpacing, columnPixelSpacing } = plane
  const own = fullRange(pixels, like.preScale?.scaled === true, metadata)
  const { center, width } = windowOf(voiOf(metadata)?.range ?? own)
  const [lowest, highest] = endsOf(pixels)
  return {
    imageId,
    dataType: pixels.constructor.name as core.Types.PixelDataTypedArrayString,
    color: false,
    rgba: false,
    numberOfComponents: 1,
    photometricInterpretation: like.photometricInterpretation as string,
    invert: like.invert,
    rows,
    columns,
    height: rows,
    width: columns,
    rowPixelSpacing,
    columnPixelSpacing,
    slope: like.slope,
    intercept: like.intercept,
    preScale: like.preScale,
    minPixelValue: lowest,
    maxPixelValue: highest,
    windowCenter: center,
    windowWidth: width,
    voiLUTFunction: like.voiLUTFunction,
    sizeInBytes: pixels.byteLength,
    imageQualityStatus: isWhole ? FULL_RESOLUTION : SUBRESOLUTION,
    getPixelData: () => pixels,
    getCanvas: () => document.createElement('canvas'),
    voxelManager: core.utilities.VoxelManager.createImageVoxelManager({
      scalarData: pixels,
      width: columns,
      height: rows,
      numberOfComponents: 1,
    }),
  } as unknown as core.Types.IImage
}

export type { Reformatted }
