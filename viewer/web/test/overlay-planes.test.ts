import { describe, expect, test } from 'vitest'
import type { DataSet } from '../src/images/dicom-json'
import { coversApart, coversEmbedded, drawPlane, planesOf, type Plane } from '../src/images/overlay-planes'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const STORED = { '00280100': [16], '00280101': [12], '00280102': [11] }
const plane = (values: Readonly<Record<string, readonly unknown[]>>, data = true): DataSet => ({
  ...of({ ...STORED, '60000010': [2], '60000011': [2], ...values }),
  ...(data ? { '60003000': { InlineBinary: 'CQ==' } } : {}),
})

describe('overlay planes', () => {
  test('lie where their origin says, from 1', () => {
    expect(planesOf(plane({ '60000050': [2, 3] }), 1)).toMatchObject([{ top: 1, left: 2, rows: 2, columns: 2 }])
    expect(planesOf(plane({}), 1)).toMatchObject([{ top: 0, left: 0 }])
    expect(planesOf(of({}), 1)).toEqual([])
  })

  test('of several frames begin at a frame of the image', () => {
    const frames = plane({ '60000015': [2], '60000051': [2] })
    const first = (frame: number) => planesOf(frames, frame).map(({ bits }) => 'firstBit' in bits && bits.firstBit)

    expect([1, 2, 3, 4].map(first)).toEqual([[], [0], [4], []])
  })

  test('in unused bits are outside the stored ones', () => {
    expect(planesOf(plane({ '60000102': [12] }, false), 1)).toMatchObject([{ bits: { position: 12 } }])
    expect(planesOf(plane({ '60000102': [11] }, false), 1)).toEqual([])
    expect(planesOf(plane({ '60000102': [16] }, false), 1)).toEqual([])
  })

  const drawn = (top: number, left: number): number[] => {
    const pixels = new Uint8Array(9)
    const two: Plane = { rows: 2, columns: 2, top, left, bits: { position: 0 } }
    drawPlane({ pixels, width: 3, height: 3, samples: 1 }, two, coversApart(two, Uint8Array.of(0b1001_0000), 4), 255)
    return [...pixels].flatMap((value, at) => (value ? [at] : []))
  }

  test.each([
    [0, 0, [0, 4]],
    [1, 1, [4, 8]],
    [2, 2, [8]],
    [-1, -1, [0]],
    [3, 0, []],
    [-5, 0, []],
  ])('are drawn inside the picture, from %i, %i', (top, left, expected) => {
    expect(drawn(top, left)).toEqual(expected)
  })

  test('cover every sample of a colour', () => {
    const pixels = new Uint8Array(6)
    const one: Plane = { rows: 1, columns: 1, top: 0, left: 1, bits: { position: 0 } }

    expect(drawPlane({ pixels, width: 2, height: 1, samples: 3 }, one, () => true, 255)).toBe(true)
    expect([...pixels]).toEqual([0, 0, 0, 255, 255, 255])
  })

  test('are found in the bit of each native pixel', () => {
    const covers = coversEmbedded(2, Uint8Array.of(0, 0x10, 0, 0, 0xff, 0x0f, 0, 0x10), 2, 12)

    expect([covers(0, 0), covers(0, 1), covers(1, 0), covers(1, 1)]).toEqual([true, false, false, true])
  })
})
