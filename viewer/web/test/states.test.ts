import { describe, expect, test } from 'vitest'
import type { DataSet } from '../src/images/dicom-json'
import type { Affine } from '../src/images/layers/affine'
import { lineOf, projectionOf } from '../src/images/states/shapes'
import { bitmapOf } from '../src/images/states/bitmap'
import { applies, stateOf } from '../src/images/states/state'
import { turnedBy } from '../src/images/stance'
import { of } from './data-sets'

const items = (...each: DataSet[]): { readonly Value: readonly unknown[] } => ({ Value: each })
const image = (uid: string, ...frames: number[]): DataSet => of({ '00081155': [uid], '00081160': frames })

/** Of two pictures of one series: a line in red and words on the second frame of the first, a window on the second. */
const STATE: DataSet = {
  ...of({
    '00080016': ['1.2.840.10008.5.1.4.1.1.11.1'],
    '00080018': ['1.9'],
    '00080070': ['Somebody'],
    '00700080': ['AXIS'],
    '00700081': ['Cardiac axis'],
    '00700082': ['20260301'],
    '00700083': ['141503'],
    '00700084': [{ Alphabetic: 'Wang^Wei' }],
    '00700041': ['Y'],
    '00700042': [90],
    '20500020': ['INVERSE'],
    '00181600': ['RECTANGULAR', 'CIRCULAR', 'POLYGONAL'],
    '00181602': [3],
    '00181604': [8],
    '00181606': [2],
    '00181608': [9],
    '00181610': [20, 30],
    '00181612': [6],
    '00181620': [1, 1, 1, 9, 9, 9],
  }),
  '00081115': items({ '00081140': items(image('1.1'), image('1.2')) }),
  '00700060': items(of({ '00700002': ['MARKS'], '00700066': [0] })),
  '00700001': items({
    ...of({ '00700002': ['MARKS'] }),
    '00081140': items(image('1.1', 2)),
    '00700009': items(
      of({ '00700005': ['PIXEL'], '00700023': ['POLYLINE'], '00700022': [1, 2, 3, 4], '00700024': ['N'] }),
      of({ '00700005': ['MATRIX'], '00700023': ['POLYLINE'], '00700022': [1, 2, 3, 4] }),
      of({ '00700005': ['PIXEL'], '00700023': ['ELLIPSE'], '00700022': [1, 2, 3, 4] }),
    ),
    '00700008': items(
      of({ '00700006': ['first\r\nsecond'], '00700003': ['DISPLAY'], '00700010': [0.1, 0.2], '00700011': [0.5, 0.3] }),
    ),
  }),
  '0070005A': items({ ...of({ '00700052': [9, 7], '00700053': [2, 3] }), '00081140': items(image('1.2')) }),
  '00283110': items({ ...of({ '00281050': [40], '00281051': [300] }), '00081140': items(image('1.2')) }),
}

describe('a presentation state', () => {
  test('says of which pictures it is, who made it when, and what it shows of each', () => {
    const state = stateOf(STATE)
    const [annotation] = state?.annotations ?? []

    expect(state).toMatchObject({ label: 'AXIS', description: 'Cardiac axis', creator: 'Wang Wei', maker: 'Somebody' })
    expect(state?.madeAt).toEqual({ date: '20260301', time: '141503' })
    expect([...(state?.pictures.keys() ?? [])]).toEqual(['1.1', '1.2'])
    expect(annotation?.colour).toEqual([0, 0, 0])
    expect(annotation?.graphics).toEqual([
      { kind: 'POLYLINE', units: 'PIXEL', filled: false, points: [[1, 2], [3, 4]] }, // prettier-ignore
    ])
    expect(annotation?.words).toEqual([
      { lines: ['first', 'second'], box: { units: 'DISPLAY', from: [0.1, 0.2], to: [0.5, 0.3] }, anchor: undefined },
    ])
    expect([1, 2].map((frame) => applies(annotation?.of, { instanceUid: '1.1', frame }))).toEqual([false, true])
    expect(state?.areas[0]).toMatchObject({ from: [2, 3], to: [9, 7] })
    expect(state?.windows[0]?.window).toEqual({ center: 40, width: 300 })
    expect(state?.isInverse).toBe(true)
  })

  test('draws the layers in their order', () => {
    const layered = (name: string): DataSet => ({ ...of({ '00700002': [name] }), '00700009': items() })
    const state = stateOf({
      ...STATE,
      '00700060': items(
        of({ '00700002': ['ABOVE'], '00700062': [2], '00700066': [65_535] }),
        of({ '00700002': ['BELOW'], '00700062': [1], '00700066': [257] }),
      ),
      '00700001': items(layered('ABOVE'), layered('BELOW')),
    })

    expect(state?.annotations.map(({ colour }) => colour[0])).toEqual([1, 255])
  })

  test('turns first and flips then, which is flipping first and turning the other way', () => {
    const turn = stateOf(STATE)?.turn

    expect(turn).toEqual({ quarters: 3, mirrored: true })
    // A quarter clockwise leads what goes to the right down; flipped then left for right it goes down still.
    expect(turn && turnedBy(turn, [1, 0])).toEqual([0, 1])
    expect(turn && turnedBy(turn, [0, 1]).map((way) => way + 0)).toEqual([1, 0])
  })

  test('covers what lies outside of the pixels that its shutters name', () => {
    expect(stateOf(STATE)?.shutters).toEqual([
      { kind: 'rectangle', from: [2, 1], to: [8, 9] },
      { kind: 'circle', centre: [29.5, 19.5], radius: 6 },
      { kind: 'polygon', points: [[0.5, 0.5], [8.5, 0.5], [8.5, 8.5]] }, // prettier-ignore
    ])
  })

  test('is partial by whatever it loses here, and whole where nothing is lost', () => {
    const line = { '00700005': ['PIXEL'], '00700023': ['POLYLINE'], '00700022': [1, 2, 3, 4] }
    const words = { '00700006': ['here'], '00700003': ['PIXEL'], '00700010': [1, 2], '00700011': [5, 3] }
    const anchored = { ...words, '00700004': ['PIXEL'], '00700014': [7, 8] }
    const window = { '00281050': [40], '00281051': [300] }
    const drawn = (lineSaid: object, wordsSaid: object): DataSet => ({
      '00700001': items({
        '00700009': items(of({ ...line, ...lineSaid })),
        '00700008': items(of({ ...anchored, ...wordsSaid })),
      }),
    })
    const base: DataSet = { ...STATE, ...drawn({}, {}) }
    const isPartial = (changed: DataSet): boolean | undefined => stateOf({ ...base, ...changed })?.isPartial
    const angle = (degrees: unknown): DataSet => of({ '00700042': [degrees] })
    const windowed = (said: object): DataSet => ({ '00283110': items(of({ ...window, ...said })) })

    expect([{}, angle(-90), angle(450), windowed({ '00281056': ['LINEAR'] })].map(isPartial)).toEqual([
      ...Array.from({ length: 4 }, () => false),
    ])
    const lost: DataSet[] = [
      drawn({ '00700005': ['MATRIX'] }, {}),
      drawn({ '00700022': [1, 2, 3] }, {}),
      drawn({ '00700022': [1, 'x', 3, 4] }, {}),
      drawn({ '00700023': ['ELLIPSE'] }, {}),
      drawn({}, { '00700003': ['MATRIX'] }),
      drawn({}, { '00700004': ['MATRIX'] }),
      drawn({}, { '00700010': [1] }),
      { '00286100': items(of({ '00286101': ['AVG_SUB'] })) },
      { '00283000': items(of({ '00283004': ['US'] })) },
      { '20500010': items({}) },
      angle(45),
      angle('x'),
      windowed({ '00281051': [0] }),
      windowed({ '00281051': [-300] }),
      windowed({ '00281056': ['SIGMOID'] }),
      { '0070005A': items(of({ '00700052': [1, 1] })) },
    ]
    expect(lost.map(isPartial)).toEqual(lost.map(() => true))
    expect(stateOf({ ...base, ...angle(45) })?.turn).toEqual({ quarters: 0, mirrored: true })
    expect(stateOf({ ...base, ...windowed({ '00281051': [0] }) })?.windows).toEqual([])
  })

  test('tells of what it says more than is drawn, and is none where it blends pictures', () => {
    const withPlane = { ...STATE, '60003000': { InlineBinary: 'AA==' } }
    const blending = { ...STATE, ...of({ '00080016': ['1.2.840.10008.5.1.4.1.1.11.4'] }) }

    expect(stateOf(withPlane)?.isPartial).toBe(true)
    expect(stateOf(blending)).toBeUndefined()
  })
})

describe('compound graphics', () => {
  const compound = (
    type: string,
    points: readonly number[],
    said: Readonly<Record<string, readonly unknown[]>> = {},
  ): DataSet => of({ '00700226': [7], '00700282': ['PIXEL'], '00700294': [type], '00700022': points, ...said })
  const state = (one: DataSet, simple: DataSet = {}): ReturnType<typeof stateOf> =>
    stateOf({ ...STATE, '00700001': items({ '00700209': items(one), ...simple }) })
  const axis = compound('AXIS', [10, 10, 150, 10])

  test('are drawn by the simple ones of their id, and lost where there are none for a kind that is not as simple', () => {
    const line = of({ '00700005': ['PIXEL'], '00700023': ['POLYLINE'], '00700022': [10, 10, 150, 10] })
    const rendered = state(axis, { '00700009': items({ ...line, ...of({ '00700226': [7] }) }) })
    const another = state(axis, { '00700009': items({ ...line, ...of({ '00700226': [8] }) }) })

    expect(rendered?.isPartial).toBe(false)
    expect(rendered?.annotations[0]?.graphics).toHaveLength(1)
    expect([state(axis), another].map((each) => each?.isPartial)).toEqual([true, true])
  })

  test('without an id are drawn by nothing else, as simple ones without an id draw no compound', () => {
    const line = of({ '00700005': ['PIXEL'], '00700023': ['POLYLINE'], '00700022': [10, 10, 150, 10] })
    const nameless = (type: string, points: readonly number[]) =>
      state(compound(type, points, { '00700226': [] }), { '00700009': items(line) })

    expect(nameless('AXIS', [10, 10, 150, 10])?.isPartial).toBe(true)
    expect(nameless('RECTANGLE', [2, 3, 8, 5])?.annotations[0]?.graphics).toHaveLength(2)
  })

  test('of lines, a rectangle and an ellipse are drawn by themselves, turned against the clock', () => {
    const points = (one: DataSet): unknown => state(one)?.annotations[0]?.graphics.map((each) => each.points)

    expect(points(compound('MULTILINE', [0, 0, 1, 1, 5, 5, 6, 6]))).toEqual([[[0, 0], [1, 1]], [[5, 5], [6, 6]]]) // prettier-ignore
    expect(points(compound('RECTANGLE', [2, 3, 8, 5]))).toEqual([[[2, 3], [8, 3], [8, 5], [2, 5], [2, 3]]]) // prettier-ignore
    expect(points(compound('ELLIPSE', [2, 3, 8, 5]))).toEqual([[[2, 4], [8, 4], [5, 3], [5, 5]]]) // prettier-ignore
    // A quarter around its first corner: what lay 6 to the right lies 6 above, what lay 2 below lies 2 to the right.
    const turned = state(compound('RECTANGLE', [2, 3, 8, 5], { '00700230': [90], '00700273': [2, 3] }))
    const rounded = turned?.annotations[0]?.graphics[0]?.points.map((spot) => spot.map((each) => Math.round(each)))
    expect(rounded).toEqual([[2, 3], [2, -3], [4, -3], [4, 3], [2, 3]]) // prettier-ignore
    expect(turned?.isPartial).toBe(false)
    const bent = compound('RECTANGLE', [0.1, 0.1, 0.5, 0.5], {
      '00700282': ['DISPLAY'],
      '00700230': [30],
      '00700273': [0, 0],
    })
    expect([state(bent)?.isPartial, state(compound('RECTANGLE', [1, 2]))?.isPartial]).toEqual([true, true])
  })
})

test('a bitmap shutter covers the pixels whose bits are set, and is lost until they are there', async () => {
  class Picture {
    readonly data: Uint8ClampedArray
    constructor(
      readonly width: number,
      readonly height: number,
    ) {
      this.data = new Uint8ClampedArray(4 * width * height)
    }
  }
  globalThis.ImageData = Picture as never
  // Three by three from the second column and the first row on; the lowest bit is the first pixel (PS3.5 8.1.2): 5 and 6.
  const plane = {
    ...of({ '60020010': [3], '60020011': [3], '60020050': [1, 2] }),
    '60023000': { InlineBinary: btoa('\x60\x00') },
  }
  const shuttered = { ...STATE, ...plane, ...of({ '00181600': ['BITMAP'], '00181623': [0x6002] }) }

  const bitmap = await bitmapOf(shuttered)
  const alpha = bitmap && Array.from({ length: 9 }, (_, at) => bitmap.mask.data[4 * at + 3])

  expect([bitmap?.left, bitmap?.top]).toEqual([1, 0])
  expect(alpha).toEqual([0, 0, 0, 0, 0, 255, 255, 0, 0])
  expect([stateOf(shuttered)?.isPartial, stateOf({ ...shuttered, '00700001': items() }, bitmap)?.isPartial]).toEqual([
    true,
    false,
  ])
  expect(await bitmapOf(STATE)).toBeUndefined()
})

describe('graphics', () => {
  const middle = (line: readonly (readonly [number, number])[]): readonly number[] | undefined =>
    line[(line.length - 1) / 4]?.map((value) => Math.round(value * 1000) / 1000)

  test('are a circle by a point of it, an ellipse by the ends of its axes, and a curve through all its points', () => {
    const circle = lineOf({ kind: 'CIRCLE', points: [[10, 10], [13, 14]] }) // prettier-ignore
    const ellipse = lineOf({ kind: 'ELLIPSE', points: [[0, 5], [10, 5], [5, 3], [5, 7]] }) // prettier-ignore
    const curve = lineOf({ kind: 'INTERPOLATED', points: [[0, 0], [4, 4], [8, 0]] }) // prettier-ignore

    expect([circle[0], middle(circle)]).toEqual([[15, 10], [10, 15]]) // prettier-ignore
    expect([ellipse[0], middle(ellipse)]).toEqual([[10, 5], [5, 7]]) // prettier-ignore
    expect([curve[0], curve[16], curve.at(-1)]).toEqual([[0, 0], [4, 4], [8, 0]]) // prettier-ignore
    // Halfway, where Catmull and Rom lead: (-p0 + 9 p1 + 9 p2 - p3) / 16 with the first point twice.
    expect(curve[8]).toEqual([(-0 + 9 * 0 + 9 * 4 - 8) / 16, (-0 + 9 * 0 + 9 * 4 - 0) / 16])
  })

  test('stand in pixels of the picture, or in parts of its displayed area whichever way that is turned', () => {
    const upright: Affine = [2, 0, 0, 2, 100, 50]
    const mirrored: Affine = [-2, 0, 0, 2, 100, 50]
    const area = { from: [1, 1], to: [10, 20] } as const

    expect(projectionOf(upright, area)('PIXEL', [3, 4])).toEqual([106, 58])
    expect(projectionOf(upright, area)('DISPLAY', [0.5, 0.5])).toEqual([110, 70])
    expect(projectionOf(mirrored, area)('DISPLAY', [0, 0])).toEqual([80, 50])
    expect(projectionOf(mirrored, area)('PIXEL', [0, 0])).toEqual([100, 50])
  })
})
