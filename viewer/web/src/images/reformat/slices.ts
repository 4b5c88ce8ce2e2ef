/** The slices of a stack as they come into memory, held as long as some cell makes other planes of them. */
import * as core from '@cornerstonejs/core'
import { pixelsBeneath } from '../overlay-loader'
import { isFromServer } from '../rendered-loader'
import { announce } from '../retrieval/announce'
import { deskLine, type Viewer } from '../retrieval/desk-line'
import { endsOf, kindFor, type Kind, type Pixels } from './frame'
import type { Volume } from './volume'

const FULL = core.Enums.ImageQualityStatus.FULL_RESOLUTION
const { IMAGE_LOADED } = core.Enums.Events

type Loaded = CustomEvent<{ readonly image: core.Types.IImage & { readonly imageQualityStatus?: number } }>

export class Slices {
  /** As they lie in Cornerstone's memory, without planes that were drawn into them; undefined where one has not come. */
  readonly pixels: (Pixels | undefined)[]
  /** Any that came: how its values are meant holds for all of them. */
  like: core.Types.IImage | undefined
  loaded = 0
  /** The lowest and the highest value that came. */
  ends: readonly [number, number] = [Infinity, -Infinity]
  kind: Kind = Int16Array
  readonly listeners = new Set<() => void>()
  /** Image ids of slices that did not come, or came without values. */
  private readonly lost = new Set<string>()
  private readonly places: ReadonlyMap<string, number>

  /** Begins in the middle, as a stack is looked at. */
  private readonly viewer: Viewer

  constructor({ pictures }: Volume) {
    this.pixels = pictures.map(() => undefined)
    this.places = new Map(pictures.map(({ imageId }, at) => [imageId, at]))
    this.viewer = {
      pictures,
      index: Math.floor(pictures.length / 2),
      direction: 1,
      onFailed: ({ imageId }) => this.lose(imageId),
    }
    core.eventTarget.addEventListener(IMAGE_LOADED, this.onLoaded as EventListener)
    announce(pictures)
    for (const { imageId } of pictures) this.take(core.cache.getImage(imageId))
    deskLine.tryAgain(pictures)
    deskLine.moved(this.viewer)
  }

  get failed(): number {
    return this.lost.size
  }

  close(): void {
    core.eventTarget.removeEventListener(IMAGE_LOADED, this.onLoaded as EventListener)
    deskLine.leave(this.viewer)
  }

  private readonly onLoaded = ({ detail: { image } }: Loaded): void => this.take(image)

  private take(image: Loaded['detail']['image'] | undefined): void {
    const at = image && this.places.get(image.imageId)
    if (!image || at === undefined || this.pixels[at] || image.imageQualityStatus !== FULL) return
    if (image.color || isFromServer(image)) {
      return this.lose(image.imageId) // the server rendered what has no decoder here: it has no values
    }
    const pixels = pixelsBeneath(image) as Pixels
    const [lowest, highest] = endsOf(pixels)
    this.pixels[at] = pixels
    this.lost.delete(image.imageId)
    this.ends = [Math.min(this.ends[0], lowest), Math.max(this.ends[1], highest)]
    this.kind = this.kind === Float32Array ? this.kind : kindFor(pixels, this.ends)
    this.like ??= image
    this.loaded++
    this.tell()
  }

  private lose(imageId: string): void {
    this.lost.add(imageId)
    this.tell()
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener()
  }
}

type Held = { readonly slices: Slices; users: number }
const held = new Map<string, Held>()

const keyOf = ({ pictures: [first, ...others] }: Volume): string =>
  [first?.imageId, first?.content, others.length].join(' ')

/** Shared by all who make planes of the same stack; each gives it back. */
export function holdSlices(volume: Volume): Slices {
  const found = held.get(keyOf(volume)) ?? { slices: new Slices(volume), users: 0 }
  found.users++
  held.set(keyOf(volume), found)
  return found.slices
}

export function letSlicesGo(volume: Volume): void {
  const found = held.get(keyOf(volume))
  if (!found || --found.users > 0) return
  found.slices.close()
  held.delete(keyOf(volume))
}
