/** The pixels of one frame of another plane, out of the slices of a stack that are there. */
import type { Along, Plan, Projection } from './plan'

export type Pixels = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array

export type Stack = {
  /** Rows of `columns` pixels each; undefined where a slice has not come. */
  readonly slices: readonly (Pixels | undefined)[]
  readonly columns: number
  readonly rows: number
  /** What any of their values fits in, and any value between them. */
  readonly kind: Kind
}

/** Kinds of numbers that Cornerstone draws. */
export type Kind = Int16ArrayConstructor | Uint16ArrayConstructor | Float32ArrayConstructor

/** Decoders choose a kind for each slice, as its own values allow. */
export function kindFor(slice: Pixels, [lowest, highest]: readonly [number, number]): Kind {
  if (slice instanceof Float32Array || lowest < -0x8000 || highest > 0xffff) return Float32Array
  if (highest <= 0x7fff) return Int16Array
  return lowest < 0 ? Float32Array : Uint16Array
}

/** The lowest and the highest value. */
export function endsOf(pixels: Pixels): readonly [number, number] {
  let [lowest, highest] = [Infinity, -Infinity]
  for (let at = 0; at < pixels.length; at++) {
    const value = pixels[at] ?? NaN
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return [lowest, highest]
}

export type Frame = {
  readonly pixels: Int16Array | Uint16Array | Float32Array
  /** Each slice that it takes was there. */
  readonly isWhole: boolean
}

/** Weights that are nearer to 0 are none: the slice itself is taken. */
const NOTHING = 1e-6

/**
 * `at` counts from 0. Between slices values are interpolated linearly, and projected after that; a slab takes the voxels whose
 * middle lies within its thickness. Where slices have not come, `empty` stands.
 */
export function frameOf(stack: Stack, plan: Plan, projection: Projection, at: number, empty: number): Frame {
  const { across, down, through } = plan
  const positions = slabOf(through, plan.reach, at)
  const sum = new Float32Array(across.count * down.count)
  const isWhole =
    through.axis === 2
      ? projectSlices(stack, positions, projection, sum, empty)
      : projectAcross(stack, plan, positions, projection, sum, empty)
  return { pixels: asStored(sum, stack), isWhole }
}

/** The voxels along the way that the slab reaches, its middle among them. */
export function slabOf({ axis: _, first, step, count }: Along, reach: number, at: number): readonly number[] {
  const [middle, last] = [first + at * step, count - 1]
  const most = Math.floor(reach + NOTHING)
  const from = Math.max(0, middle - most)
  return Array.from({ length: Math.min(last, middle + most) - from + 1 }, (_each, index) => from + index)
}

function asStored(values: Float32Array, { kind }: Stack): Frame['pixels'] {
  if (kind === Float32Array) return values
  const stored = new kind(values.length)
  for (let at = 0; at < values.length; at++) stored[at] = Math.round(values[at] ?? NaN)
  return stored
}

/** A slab of the plane that was taken: pixel by pixel, without interpolation. */
function projectSlices(
  { slices }: Stack,
  positions: readonly number[],
  projection: Projection,
  out: Float32Array,
  empty: number,
): boolean {
  const there = positions.flatMap((position) => slices[position] ?? [])
  if (there.length === 0) out.fill(empty)
  there.forEach((slice, nth) =>
    gather(projection, nth === 0, out, {
      a: slice,
      b: null,
      part: 0,
      from: 0,
      stride: 1,
      start: 0,
      toNext: 1,
      count: out.length,
    }),
  )
  if (projection === 'average') divide(out, there.length, 0, 1, out.length)
  return there.length === positions.length
}

/** Slices become rows, or columns, of the frame. */
function projectAcross(
  { slices, columns }: Stack,
  { across, down, through }: Plan,
  positions: readonly number[],
  projection: Projection,
  out: Float32Array,
  empty: number,
): boolean {
  const [between, within] = across.axis === 2 ? [across, down] : [down, across]
  const [toNextSlice, toNextPixel] = across.axis === 2 ? [1, across.count] : [across.count, 1]
  const [pixelStride, throughStride] = through.axis === 0 ? [columns, 1] : [1, columns]
  let isWhole = true
  for (let each = 0; each < between.count; each++) {
    const place = between.first + each * between.step
    const below = Math.floor(place + NOTHING)
    const part = place - below < NOTHING ? 0 : place - below
    const [a, b] = [slices[below], part === 0 ? null : slices[below + 1]]
    const start = each * toNextSlice
    if (a === undefined || b === undefined) {
      for (let i = 0; i < within.count; i++) out[start + i * toNextPixel] = empty
      isWhole = false
      continue
    }
    positions.forEach((position, nth) => {
      const from = position * throughStride + within.first * pixelStride
      const stride = within.step * pixelStride
      gather(projection, nth === 0, out, { a, b, part, from, stride, start, toNext: toNextPixel, count: within.count })
    })
    if (projection === 'average') divide(out, positions.length, start, toNextPixel, within.count)
  }
  return isWhole
}

type Line = {
  /** Of a slice, and of the next one where values between them are wanted, with how far from the first one. */
  readonly a: Pixels
  readonly b: Pixels | null
  readonly part: number
  readonly from: number
  readonly stride: number
  /** In the frame. */
  readonly start: number
  readonly toNext: number
  readonly count: number
}

/** Takes a line of pixels into what was gathered before: a loop for each way, which stays tight so. */
const GATHER: Readonly<Record<'first' | Exclude<Projection, 'none'>, (out: Float32Array, line: Line) => void>> = {
  first(out, { a, b, part, from, stride, start, toNext, count }) {
    for (let i = 0, at = from, to = start; i < count; i++, at += stride, to += toNext)
      out[to] = b === null ? (a[at] ?? NaN) : mixed(a, b, part, at)
  },
  average(out, { a, b, part, from, stride, start, toNext, count }) {
    for (let i = 0, at = from, to = start; i < count; i++, at += stride, to += toNext)
      out[to] = (out[to] ?? NaN) + (b === null ? (a[at] ?? NaN) : mixed(a, b, part, at))
  },
  mip(out, { a, b, part, from, stride, start, toNext, count }) {
    for (let i = 0, at = from, to = start; i < count; i++, at += stride, to += toNext) {
      const value = b === null ? (a[at] ?? NaN) : mixed(a, b, part, at)
      if (value > (out[to] ?? NaN)) out[to] = value
    }
  },
  minip(out, { a, b, part, from, stride, start, toNext, count }) {
    for (let i = 0, at = from, to = start; i < count; i++, at += stride, to += toNext) {
      const value = b === null ? (a[at] ?? NaN) : mixed(a, b, part, at)
      if (value < (out[to] ?? NaN)) out[to] = value
    }
  },
}

function mixed(a: Pixels, b: Pixels, part: number, at: number): number {
  const value = a[at] ?? NaN
  return value + ((b[at] ?? NaN) - value) * part
}

function gather(projection: Projection, isFirst: boolean, out: Float32Array, line: Line): void {
  if (isFirst || projection === 'none') GATHER.first(out, line)
  else GATHER[projection](out, line)
}

function divide(out: Float32Array, by: number, start: number, toNext: number, count: number): void {
  for (let i = 0, to = start; i < count; i++, to += toNext) out[to] = (out[to] ?? NaN) / by
}
