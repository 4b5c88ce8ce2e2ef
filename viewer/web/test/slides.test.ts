import { describe, expect, test } from 'vitest'
import type { DataSet } from '../src/images/dicom-json'
import { rgbaOf, withProfile } from '../src/images/slide/colour'
import { slideOf, type Tile } from '../src/images/slide/pyramid'
import { magnification, scaleBar, showsAll } from '../src/images/slide/scale'
import { of } from './data-sets'

const SERIES = { studyUid: '1', seriesUid: '1.2' }
const items = (...each: DataSet[]): { readonly Value: readonly unknown[] } => ({ Value: each })

/** A level of tiles of 10 by 10 pixels. */
const level = (
  uid: string,
  columns: number,
  rows: number,
  said: Readonly<Record<string, readonly unknown[]>> = {},
): DataSet =>
  of({
    '00080008': ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'],
    '00080016': ['1.2.840.10008.5.1.4.1.1.77.1.6'],
    '00080018': [uid],
    '00209311': ['TILED_FULL'],
    '00280010': [10],
    '00280011': [10],
    '00480006': [columns],
    '00480007': [rows],
    ...said,
  })

const named = (tile: Tile | undefined): string | undefined => tile && `${tile.instanceUid}/${tile.frame}`

describe('a slide', () => {
  test('has its levels from the coarsest on, and none of label and overview', () => {
    const label = level('1.9', 10, 10, { '00080008': ['ORIGINAL', 'PRIMARY', 'LABEL', 'NONE'] })
    const slide = slideOf(SERIES, [level('1.3', 45, 25), label, level('1.4', 20, 12), of({ '00080016': ['1.2'] })])

    expect(slide?.glasses[0]?.levels.map(({ columns, resolution }) => [columns, resolution])).toEqual([
      [20, 2.25],
      [45, 1],
    ])
    expect(slide?.glasses[0]?.beside.map(({ kind }) => kind)).toEqual(['label'])
    expect(slide?.glasses[0]?.beside[0]?.address).toBe(
      '/dicomweb/studies/1/series/1.2/instances/1.9/frames/1/rendered?viewport=600,600',
    )
    expect(slideOf(SERIES, [of({ '00080016': ['1.2'] })])).toBeUndefined()
  })

  test('numbers its tiles from left to right and downwards, the middle focal plane of the first path', () => {
    const [flat] = slideOf(SERIES, [level('1.3', 45, 25)])?.glasses[0]?.levels ?? []
    const [deep] = slideOf(SERIES, [level('1.3', 45, 25, { '00480303': [3] })])?.glasses[0]?.levels ?? []

    expect([flat?.across, flat?.down]).toEqual([5, 3])
    expect([[0, 0], [4, 0], [0, 1], [5, 0]].map(([x = 0, y = 0]) => named(flat?.tileAt(x, y)))).toEqual([
      '1.3/1', undefined, undefined, undefined,
    ]) // prettier-ignore
    // With as many frames as there are tiles; a plane has 15 of them.
    const whole = slideOf(SERIES, [level('1.3', 45, 25, { '00280008': [15] })])?.glasses[0]?.levels[0]
    expect([[4, 0], [0, 1], [4, 2]].map(([x = 0, y = 0]) => named(whole?.tileAt(x, y)))).toEqual([
      '1.3/5', '1.3/6', '1.3/15',
    ]) // prettier-ignore
    expect(deep?.tileAt(0, 0)).toBeUndefined()
    const planes = slideOf(SERIES, [level('1.3', 45, 25, { '00280008': [45], '00480303': [3] })])?.glasses[0]?.levels[0]
    expect(named(planes?.tileAt(0, 0))).toBe('1.3/16')
  })

  test('goes on in the next part of a concatenation', () => {
    const part = (uid: string, before: number, frames: number): DataSet =>
      level(uid, 40, 20, { '00209161': ['1.7'], '00209228': [before], '00280008': [frames] })
    const [joined, ...others] = slideOf(SERIES, [part('1.4', 5, 3), part('1.3', 0, 5)])?.glasses[0]?.levels ?? []

    expect(others).toEqual([])
    expect([[3, 0], [0, 1], [1, 1], [3, 1]].map(([x = 0, y = 0]) => named(joined?.tileAt(x, y)))).toEqual([
      '1.3/4', '1.3/5', '1.4/1', '1.4/3',
    ]) // prettier-ignore
  })

  test('takes the places that sparse tiles say, and none where they lie in no grid', () => {
    const at = (column: number, row: number): DataSet => ({
      '0048021A': items(of({ '0048021E': [column], '0048021F': [row] })),
    })
    const sparse = (...places: DataSet[]): DataSet => ({
      ...level('1.3', 45, 25, { '00209311': ['TILED_SPARSE'], '00280008': [places.length] }),
      '52009230': items(...places),
    })
    const [found] = slideOf(SERIES, [sparse(at(41, 21), at(1, 11))])?.glasses[0]?.levels ?? []

    expect([[4, 2], [0, 1], [0, 0]].map(([x = 0, y = 0]) => named(found?.tileAt(x, y)))).toEqual([
      '1.3/1', '1.3/2', undefined,
    ]) // prettier-ignore
    expect(slideOf(SERIES, [sparse(at(6, 1))])?.glasses[0]?.levels).toEqual([])
  })
})

describe('a series of several glasses', () => {
  const on = (
    container: string,
    uid: string,
    columns: number,
    said: Readonly<Record<string, readonly unknown[]>> = {},
  ) => level(uid, columns, columns, { '00400512': [container], '00200052': [`2.25.${container.length}`], ...said })
  const sizes = (...levels: DataSet[]): unknown =>
    slideOf(SERIES, levels)?.glasses.map(({ container, levels: of }) => [container, of.map(({ columns }) => columns)])

  test('has a pyramid of each, with its own label, and no level of another one', () => {
    const label = on('A', '1.9', 10, { '00080008': ['ORIGINAL', 'PRIMARY', 'LABEL', 'NONE'], '00200052': [] })
    const levels = [on('BB', '1.1', 50), on('A', '1.2', 100), on('BB', '1.3', 300), on('A', '1.4', 400), label]

    expect(sizes(...levels)).toEqual([
      ['BB', [50, 300]],
      ['A', [100, 400]],
    ])
    expect(slideOf(SERIES, levels)?.glasses.map(({ beside }) => beside.length)).toEqual([0, 1])
  })

  test('goes by the pyramid that levels name; one that names none is of the only one on its glass', () => {
    const of = (uid: string) => ({ '00080019': [uid] })

    expect(sizes(on('A', '1.1', 50, of('2')), on('A', '1.2', 100, of('3')), on('A', '1.3', 200, of('2')))).toEqual([
      ['A', [50, 200]],
      ['A', [100]],
    ])
    expect(sizes(on('A', '1.1', 50), on('A', '1.2', 100, of('3')))).toEqual([['A', [50, 100]]])
  })
})

test('all of a slide is on the screen only where its four edges are', () => {
  const slide = [0, -300, 400, 0] as const
  const from = (left: number, bottom: number) => [left, bottom, left + 440, bottom + 330] as const

  expect(showsAll(from(-20, -315), slide, 1.1)).toBe(true)
  expect(showsAll([0.4, -299.6, 399.6, -0.4], slide, 1)).toBe(true)
  for (const moved of [from(30, -315), from(-80, -315), from(-20, -270), from(-20, -400)])
    expect(showsAll(moved, slide, 1.1)).toBe(false)
})

test('the scale bar is one, two or five of a unit, and never longer than it may be', () => {
  // 0.5 µm a point: 140 points are 70 µm, of which 50 are round.
  expect(scaleBar(0.0005)).toEqual({ points: 100, words: '50 µm' })
  expect(scaleBar(0.01).words).toBe('1 mm')
  expect(scaleBar(0.00001).words).toBe('1 µm')
  expect(magnification(20, 4)).toBe('5×')
})

test('a profile goes behind the first marker of a JPEG, in pieces, and never beside another one', () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xdb, 0, 2, 0xff, 0xda, 0, 2)
  const made = withProfile(jpeg, new Uint8Array(70_000).fill(7))
  const lengthOf = (at: number): number => new DataView(made.buffer).getUint16(at + 2)

  expect([...made.subarray(0, 6)]).toEqual([0xff, 0xd8, 0xff, 0xe2, 0xff, 0xff])
  expect(String.fromCharCode(...made.subarray(6, 17))).toBe('ICC_PROFILE')
  expect([...made.subarray(18, 20)]).toEqual([1, 2])
  const second = 4 + lengthOf(2)
  expect([...made.subarray(second, second + 2), ...made.subarray(second + 16, second + 18)]).toEqual([0xff, 0xe2, 2, 2])
  expect([...made.subarray(second + 2 + lengthOf(second))]).toEqual([...jpeg.subarray(2)])
  expect(withProfile(made, Uint8Array.of(1))).toBe(made)
})

test('plain pixels become RGBA, by pixel or by plane', () => {
  const samples = { columns: 2, rows: 1, count: 3, bits: 8, photometric: 'RGB', isPlanar: false, profile: undefined }
  class Picture {
    constructor(readonly data: Uint8ClampedArray) {}
  }
  globalThis.ImageData ??= Picture as never

  expect([...(rgbaOf(Uint8Array.of(1, 2, 3, 4, 5, 6), samples)?.data ?? [])]).toEqual([1, 2, 3, 255, 4, 5, 6, 255])
  expect([...(rgbaOf(Uint8Array.of(1, 4, 2, 5, 3, 6), { ...samples, isPlanar: true })?.data ?? [])]).toEqual([
    1, 2, 3, 255, 4, 5, 6, 255,
  ]) // prettier-ignore
  expect(rgbaOf(Uint8Array.of(1, 2, 3), samples)).toBeUndefined()
})
