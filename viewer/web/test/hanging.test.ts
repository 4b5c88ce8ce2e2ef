import { describe, expect, test } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { ofStack, partOf, sideOf, viewOf, type Hangable } from '../src/images/layout/hangable'
import { hang, hangIn, turnTo } from '../src/images/layout/hanging'
import type { Series } from '../src/images/series'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const series = (modality: string, known: Partial<Series> = {}): Series => ({
  studyUid: '1',
  seriesUid: known.description ?? modality,
  modality,
  number: 1,
  description: '',
  bodyPart: '',
  study: '',
  instances: 1,
  ...known,
})
const projection = (modality: string, known: Partial<Hangable>): Hangable => ({
  ...ofStack(series(modality)),
  index: 0,
  ...known,
})
const shown = (items: readonly Hangable[]) => {
  const { grid, cells } = hang(items)
  return [`${grid.rows}x${grid.columns}`, ...cells.map((cell) => cell && items.indexOf(cell.item))]
}

describe('a view', () => {
  test.each([
    [{ [TAG.ViewPosition]: ['PA'] }, '', 'frontal'],
    [{ [TAG.ViewPosition]: ['LL'] }, 'PA', 'lateral'],
    [{ [TAG.ViewPosition]: ['MLO'] }, '', 'mlo'],
    [{ [TAG.ViewCodeSequence]: [of({ [TAG.CodeValue]: ['399162004'] })] }, '', 'cc'],
    [{ [TAG.ViewCodeSequence]: [of({ [TAG.CodeValue]: ['R-10226'] })] }, '', 'mlo'],
    [{}, '胸部正位', 'frontal'],
    [{}, '胸部侧位', 'lateral'],
    [{}, 'Chest PA', 'frontal'],
    [{}, 'LMLO', 'mlo'],
    [{}, 'RCC', 'cc'],
    [{}, 'Patella', undefined],
    [{}, 'Access', undefined],
  ])('of %j called "%s" is %s', (said, description, view) => {
    expect(viewOf(of(said), description)).toBe(view)
  })
})

describe('a side', () => {
  test.each([
    [{ [TAG.ImageLaterality]: ['L'], [TAG.Laterality]: ['R'] }, '', 'L'],
    [{ [TAG.Laterality]: ['R'] }, '左手', 'R'],
    [{ [TAG.Laterality]: ['B'] }, '左手', undefined],
    [{}, '左手正位', 'L'],
    [{}, '双手 左右', undefined],
    [{}, 'RCC', 'R'],
    [{}, 'Right knee', 'R'],
    [{}, 'LL', undefined],
  ])('of %j called "%s" is %s', (said, description, side) => {
    expect(sideOf(of(said), description)).toBe(side)
  })
})

test('a part of the body is what the device says, else what the study is called', () => {
  expect(partOf(series('CT', { bodyPart: 'CHEST', study: '头颅' }))).toBe('chest')
  expect(partOf(series('CT', { description: '平扫', study: '胸部平扫' }))).toBe('chest')
  expect(partOf(series('CT', { bodyPart: 'KNEE', study: '胸部' }))).toBeUndefined()
})

describe('mammograms', () => {
  const views = [
    projection('MG', { view: 'mlo', side: 'L', faces: ['A', 'FR'] }),
    projection('MG', { view: 'cc', side: 'L', faces: ['A', 'R'] }),
    projection('MG', { view: 'mlo', side: 'R', faces: ['P', 'FL'] }),
    projection('MG', { view: 'cc', side: 'R', faces: ['P', 'L'] }),
  ]

  test('hang back to back, craniocaudal above oblique, as the device wrote them', () => {
    expect(shown(views)).toEqual(['2x2', 3, 1, 2, 0])
    expect(hang(views).cells.map((cell) => cell?.turn)).toEqual([undefined, undefined, undefined, undefined])
  })

  test('of one view hang beside each other', () => {
    expect(shown([views[0]!, views[2]!])).toEqual(['1x2', 1, 0])
    expect(shown([views[0]!])).toEqual(['1x1', 0])
  })

  test.each([
    ['right', 'R', 'cc', ['P', 'L'], undefined], // already so: PS3.17 has P\L for the right one
    ['right', 'R', 'cc', ['A', 'L'], { quarters: 0, mirrored: true }],
    ['left', 'L', 'cc', ['P', 'R'], { quarters: 0, mirrored: true }],
    ['right', 'R', 'cc', ['A', 'R'], { quarters: 2, mirrored: false }], // both ways: half a turn
    ['left', 'L', 'mlo', ['A', 'HL'], { quarters: 2, mirrored: true }], // head below: upside down alone
    ['left', 'L', 'mlo', ['A', 'FR'], undefined],
    ['left', 'L', 'mlo', ['', ''], undefined], // nobody said how it lies
  ] as const)('with the chest wall on the %s: %s %s facing %j turns by %j', (wall, side, view, faces, turn) => {
    expect(turnTo(wall, projection('MG', { side, view, faces }))).toEqual(turn)
  })
})

describe('radiographs', () => {
  test('hang frontal before lateral, whichever came first', () => {
    expect(shown([projection('DX', { view: 'lateral' }), projection('DX', { view: 'frontal' })])).toEqual(['1x2', 1, 0])
  })

  test('of both sides hang as the patient stands before the reader', () => {
    expect(shown([projection('CR', { side: 'L' }), projection('CR', { side: 'R' })])).toEqual(['1x2', 1, 0])
    const two = (['L', 'R'] as const).flatMap((side) =>
      (['lateral', 'frontal'] as const).map((view) => projection('CR', { side, view })),
    )
    expect(shown(two)).toEqual(['2x2', 3, 1, 2, 0])
  })

  test('of nothing known begin with the first', () => {
    expect(shown([projection('DX', {}), projection('DX', {})])).toEqual(['1x1', 0])
  })
})

describe('stacks', () => {
  const stack = (modality: string, known: Partial<Series>) => ofStack(series(modality, known))

  test('of the chest hang once for lungs and once for the mediastinum: the one of most pictures', () => {
    const items = [
      stack('CT', { bodyPart: 'CHEST', instances: 2 }),
      stack('CT', { bodyPart: 'CHEST', instances: 60 }),
      stack('CT', { bodyPart: 'CHEST', instances: 300 }),
    ]
    expect(shown(items)).toEqual(['1x2', 2, 2])
    expect(hang(items).cells.map((cell) => cell?.window)).toEqual(['lung', 'mediastinum'])
  })

  test('of few pictures, or of the knee, hang alone', () => {
    expect(shown([stack('CT', { bodyPart: 'CHEST', instances: 9 })])).toEqual(['1x1', 0])
    expect(shown([stack('CT', { bodyPart: 'KNEE', instances: 90 })])).toEqual(['1x1', 0])
  })

  test('of MR hang by their weighting, and what is left fills up', () => {
    const items = ['LOC', 'SAG PD', 'AX T2 FLAIR', 'AX T1', 'AX T2 TSE'].map((description) =>
      stack('MR', { description, instances: 20 }),
    )
    expect(shown(items)).toEqual(['2x2', 4, 3, 2, 0])
    expect(shown(items.slice(1, 3))).toEqual(['1x2', 0, 1])
    expect(shown(items.slice(1, 2))).toEqual(['1x1', 0])
  })

  test('of ultrasound hang alone', () => {
    expect(shown([stack('US', {}), stack('US', {})])).toEqual(['1x1', 0])
  })
})

test('a grid of somebody keeps the places of the protocol, and then shows what is left', () => {
  const items = [projection('DX', { view: 'lateral' }), projection('DX', { view: 'frontal' })]

  expect(hangIn({ rows: 2, columns: 1 }, items).cells.map((cell) => cell && items.indexOf(cell.item))).toEqual([1, 0])
  expect(hangIn({ rows: 1, columns: 1 }, items).cells.map((cell) => cell && items.indexOf(cell.item))).toEqual([1])
  const more = [...items, projection('DX', {})]
  expect(hangIn({ rows: 2, columns: 2 }, more).cells.map((cell) => cell && more.indexOf(cell.item))).toEqual([1, 0, 2])
})
