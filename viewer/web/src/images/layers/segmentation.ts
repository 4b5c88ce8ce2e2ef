/** Segments over the pictures that they were made of, by reference, or else over those of the same frame of reference. */
import { TAG, numberOf } from '../dicom-json'
import type { Picture } from '../pictures'
import { Frames } from './fetched'
import { along, areParallel, gridOf, isOneSpace, isSame, reach, type Grid } from './grid'
import type { Found, Layer, Made, Mask, Part, Shape } from './layer'
import { outlineOf } from './outline'
import { sampled } from './sampled'
import type { Frame, Segmentation } from './segments'
import { labelsIn, valuesOf } from './stored'

/** Pictures whose shapes are kept. */
const KEPT = 24

export class SegmentationLayer implements Layer {
  readonly kind = 'segmentation'
  readonly title: string
  readonly parts: readonly Part[]
  private readonly frames: Frames
  private readonly known = new Map<string, readonly Shape[]>()

  /** `address` is that of the instance; `onChange`: more of it can be drawn. */
  constructor(
    private readonly segmentation: Segmentation,
    address: string,
    onChange: () => void,
  ) {
    this.title = segmentation.title
    this.parts = segmentation.parts
    this.frames = new Frames(address, onChange)
  }

  again(): void {
    this.frames.again()
  }

  close(): void {
    this.frames.close()
  }

  on(picture: Picture, made: Made): Found {
    if (made === 'slab') return 'slab'
    const known = this.known.get(picture.imageId)
    if (known) return known
    const target = gridOf(picture.metadata)
    const pieces = piecesOn(this.segmentation, picture, target)
    if (!pieces) return 'elsewhere'
    const numbers = [...new Set(pieces.flatMap(({ frames }) => frames.map(({ number }) => number)))]
    const stored = this.frames.take(numbers)
    if (typeof stored === 'string') return stored
    const of = new Map(numbers.map((number, at) => [number, stored[at] ?? new Uint8Array()]))
    const { coding } = this.segmentation
    const here = coding.kind === 'labels' ? labelsIn(stored, coding.bytes) : undefined
    return this.keep(
      picture.imageId,
      pieces.flatMap((piece) => (here && !here.has(piece.part) ? [] : this.shapeOf(piece, target, of))),
    )
  }

  private keep(imageId: string, shapes: readonly Shape[]): readonly Shape[] {
    this.known.set(imageId, shapes)
    const [oldest] = this.known.keys()
    if (this.known.size > KEPT && oldest !== undefined) this.known.delete(oldest)
    return shapes
  }

  private shapeOf(
    { part, frames, isDirect }: Piece,
    target: Grid | undefined,
    stored: ReadonlyMap<number, Uint8Array>,
  ): readonly Shape[] {
    const { coding, columns, rows, half_mm } = this.segmentation
    const values = ({ number }: Frame): Uint8Array =>
      valuesOf(stored.get(number) ?? new Uint8Array(), coding, columns * rows, part)
    const [first] = frames
    if (!first) return []
    let mask: Mask = { columns, rows, values: values(first) }
    if (!isDirect) {
      if (!target) return []
      const slices = frames.flatMap((frame) => (frame.grid ? [{ grid: frame.grid, values: values(frame) }] : []))
      mask = { columns: target.columns, rows: target.rows, values: sampled(target, slices, half_mm) }
    }
    return mask.values.some((value) => value > 0) ? [{ part, mask, lines: outlineOf(mask), areClosed: false }] : []
  }
}

/** What of one segment is drawn in a picture. */
export type Piece = {
  readonly part: number
  /** In the order of their places along their normal. */
  readonly frames: readonly Frame[]
  /** The one frame has the pixels of the picture. */
  readonly isDirect: boolean
}

/** Undefined where the segmentation has nothing to do with the picture; none where it says that nothing is there. */
export function piecesOn(
  segmentation: Segmentation,
  { instanceUid, frame: number, metadata }: Pick<Picture, 'instanceUid' | 'frame' | 'metadata'>,
  target: Grid | undefined,
): readonly Piece[] | undefined {
  const { frames, half_mm } = segmentation
  const isOf = ({ sources }: Frame): boolean =>
    sources.some(
      (source) => source.instanceUid === instanceUid && (!source.frames.length || source.frames.includes(number)),
    )
  const named = instanceUid === '' ? [] : frames.filter(isOf)
  if (named.length > 0) {
    const size = { columns: numberOf(metadata, TAG.Columns), rows: numberOf(metadata, TAG.Rows) }
    const isDirect = named.every(({ grid }) => hasItsPixels(segmentation, size, grid, target))
    if (isDirect) return of(segmentation, named, true)
    if (!target || named.some(({ grid }) => !grid)) return undefined
    return of(segmentation, named, false)
  }
  const placed = frames.filter(({ grid }) => grid && target && isOneSpace(grid, target))
  const [first] = placed
  if (!target || !first?.grid) return undefined
  const { normal } = first.grid
  const parallel = placed.filter(({ grid }) => grid && areParallel(grid.normal, normal))
  const [lowest, highest] = reach(normal, target)
  const near = parallel.filter(({ grid }) => {
    const place = grid ? along(normal, grid) : Infinity
    return place >= lowest - half_mm - 0.001 && place <= highest + half_mm + 0.001
  })
  return of(segmentation, near, false)
}

/** A frame without a place of its own has that of its source, if it has as many pixels. */
function hasItsPixels(
  { columns, rows }: Segmentation,
  size: { readonly columns: number | undefined; readonly rows: number | undefined },
  grid: Grid | undefined,
  target: Grid | undefined,
): boolean {
  if (size.columns !== columns || size.rows !== rows) return false
  return !grid || !target || isSame(grid, target)
}

/** Frames by segment; where pixels say their own one, each frame is of all. */
function of({ parts }: Segmentation, frames: readonly Frame[], isDirect: boolean): readonly Piece[] {
  const [first] = frames
  const normal = first?.grid?.normal
  const sorted = normal
    ? [...frames].sort((a, b) => (a.grid ? along(normal, a.grid) : 0) - (b.grid ? along(normal, b.grid) : 0))
    : frames
  return parts.flatMap(({ id }): readonly Piece[] => {
    const own = sorted.filter(({ segment }) => segment === undefined || segment === id)
    if (own.length === 0) return []
    return isDirect
      ? own.map((frame) => ({ part: id, frames: [frame], isDirect }))
      : [{ part: id, frames: own, isDirect }]
  })
}
