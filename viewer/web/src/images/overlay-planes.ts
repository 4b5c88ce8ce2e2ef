/** Overlay planes (60xx), drawn into a picture (PS3.3 C.9.2): bits apart, or in the unused bits of native pixels. */
import { numberOf, numbersOf, type DataSet, type Element } from './dicom-json'

export type Plane = {
  readonly rows: number
  readonly columns: number
  /** Where its first bit lies on the picture, from 0; negative ones lie outside. */
  readonly top: number
  readonly left: number
  /** Bits apart, of which the frame's begin at `firstBit`; or the position of the bit in each native pixel. */
  readonly bits: { readonly data: Element; readonly firstBit: number } | { readonly position: number }
}

const GROUPS = Array.from({ length: 16 }, (_, index) => (0x6000 + 2 * index).toString(16))

/** Of frame `frame`, from 1. */
export function planesOf(metadata: DataSet, frame: number): readonly Plane[] {
  return GROUPS.flatMap((group) => planeOf(metadata, group, frame) ?? [])
}

function planeOf(metadata: DataSet, group: string, frame: number): Plane | undefined {
  const number = (element: string): number | undefined => numberOf(metadata, group + element)
  const [rows, columns] = [number('0010') ?? 0, number('0011') ?? 0]
  if (rows * columns === 0) return undefined
  const [row, column] = numbersOf(metadata, `${group}0050`)
  const place = { rows, columns, top: (row ?? 1) - 1, left: (column ?? 1) - 1 }
  const data = metadata[`${group}3000`]
  if (data) {
    const frames = number('0015')
    const index = frames === undefined ? 0 : frame - (number('0051') ?? 1)
    if (index < 0 || (frames !== undefined && index >= frames)) return undefined
    return { ...place, bits: { data, firstBit: index * rows * columns } }
  }
  const position = number('0102') ?? 0
  const high = numberOf(metadata, '00280102') ?? 0
  const isStored = position <= high && position > high - (numberOf(metadata, '00280101') ?? 0)
  return isStored || position >= (numberOf(metadata, '00280100') ?? 0) ? undefined : { ...place, bits: { position } }
}

/** Whether the plane covers a pixel, by its row and column in the plane. */
export type Covers = (row: number, column: number) => boolean

export function coversApart(plane: Plane, packed: Uint8Array, firstBit: number): Covers {
  return (row, column) => {
    const at = firstBit + row * plane.columns + column
    return (((packed[at >> 3] ?? 0) >> (at & 7)) & 1) === 1
  }
}

/** `pixels` are native ones of 8 or 16 bits in little endian, as many as the picture has. */
export function coversEmbedded(columns: number, pixels: Uint8Array, bytes: number, position: number): Covers {
  return (row, column) => {
    const at = (row * columns + column) * bytes + (position >> 3)
    return (((pixels[at] ?? 0) >> (position & 7)) & 1) === 1
  }
}

/** Where and of how many samples the picture is that planes are drawn into. */
export type Canvas = {
  readonly pixels: { [at: number]: number; readonly length: number }
  readonly width: number
  readonly height: number
  readonly samples: number
}

/** Set each covered pixel to `white`; whether there was one. */
export function drawPlane(
  { pixels, width, height, samples }: Canvas,
  plane: Plane,
  covers: Covers,
  white: number,
): boolean {
  let drawn = false
  for (let row = Math.max(0, -plane.top); row < plane.rows && plane.top + row < height; row++)
    for (let column = Math.max(0, -plane.left); column < plane.columns && plane.left + column < width; column++) {
      if (!covers(row, column)) continue
      const at = ((plane.top + row) * width + plane.left + column) * samples
      for (let sample = 0; sample < samples; sample++) pixels[at + sample] = white
      drawn = true
    }
  return drawn
}
