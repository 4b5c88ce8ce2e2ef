import { describe, expect, test } from 'vitest'
import type { CellContent } from '../src/images/layout/cell-content'
import { doubled, mostLike, withEarlier, withoutEarlier } from '../src/images/layout/earlier'
import { laidOut } from '../src/images/layout/grid'
import { ofStack, type Hangable } from '../src/images/layout/hangable'
import type { Series } from '../src/images/series'

const ONE = { rows: 1, columns: 1 }
const TWO = { rows: 1, columns: 2 }
const FOUR = { rows: 2, columns: 2 }

const item = (uid: string, known: Partial<Series> = {}, shown: Partial<Hangable> = {}): Hangable => ({
  ...ofStack({
    studyUid: '1',
    seriesUid: uid,
    modality: 'CT',
    number: 1,
    description: '',
    bodyPart: '',
    study: '',
    instances: 9,
    ...known,
  }),
  ...shown,
})
const content = ({ series, index }: Hangable): CellContent => ({ series, index })
const uids = (cells: readonly (CellContent | undefined)[]) => cells.map((cell) => cell?.series.seriesUid)

test.each([
  [ONE, TWO],
  [TWO, FOUR],
  [FOUR, { rows: 2, columns: 4 }],
  [
    { rows: 3, columns: 2 },
    { rows: 3, columns: 4 },
  ],
  [
    { rows: 1, columns: 4 },
    { rows: 2, columns: 4 },
  ],
  [{ rows: 2, columns: 3 }, undefined],
])('a grid of %j has room for as much again in %j', (grid, room) => {
  expect(doubled(grid)).toEqual(room)
})

describe('the most like', () => {
  test('is of the same modality, and of the same words', () => {
    const among = [
      item('scout'),
      item('mr', { modality: 'MR', description: 'CHEST 5MM' }),
      item('thin', { description: 'chest 1mm' }),
    ]

    expect(mostLike(item('now', { description: 'CHEST 5MM' }), among)?.series.seriesUid).toBe('thin')
    expect(mostLike(item('now', { modality: 'US' }), among)).toBeUndefined()
  })

  test('is of the same view and side before all', () => {
    const among = [
      item('other', { description: 'HAND' }, { side: 'L', view: 'frontal' }),
      item('same', {}, { side: 'R', view: 'frontal' }),
    ]

    expect(
      mostLike(item('now', { description: 'HAND' }, { side: 'R', view: 'frontal' }), among)?.series.seriesUid,
    ).toBe('same')
  })
})

describe('an earlier case', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((uid) => item(uid, { description: uid })) as [
    Hangable,
    Hangable,
    Hangable,
    Hangable,
  ]
  const before = [a, b, c, d].map(({ series }) =>
    ofStack({ ...series, seriesUid: `${series.seriesUid}'`, earlier: '2025-03-01' }),
  )

  test('comes beside one cell, below a row, and to the right of rows', () => {
    expect(uids(withEarlier(laidOut(ONE, [content(a)]), [a], before).cells)).toEqual(['a', "a'"])
    expect(uids(withEarlier(laidOut(TWO, [a, b].map(content)), [a, b], before).cells)).toEqual(['a', 'b', "a'", "b'"])
    const four = withEarlier(laidOut(FOUR, [a, b, c, d].map(content), 2), [a, b, c, d], before)
    expect(uids(four.cells)).toEqual(['a', 'b', "a'", "b'", 'c', 'd', "c'", "d'"])
    expect(four.active).toBe(4)
  })

  test('takes the next cell where there is no more room', () => {
    const wide = withEarlier(laidOut({ rows: 2, columns: 3 }, [content(a), content(b)], 1), [a, b], before)

    expect(uids(wide.cells)).toEqual(['a', 'b', "b'", undefined, undefined, undefined])
    expect(uids(withoutEarlier(wide, wide.grid).cells)).toEqual(['a', 'b', undefined, undefined, undefined, undefined])
  })

  test('goes again, and leaves the grid that was before it', () => {
    const two = laidOut(TWO, [a, b].map(content), 1)

    expect(withoutEarlier(withEarlier(two, [a, b], before), TWO)).toEqual(two)
  })
})
