import { describe, expect, test } from 'vitest'
import { activated, gridFor, gridOf, laidOut, ONE, put, rearranged, stepped } from '../src/images/layout/grid'

const TWO = { rows: 1, columns: 2 }
const FOUR = { rows: 2, columns: 2 }

describe('a grid', () => {
  test.each([
    [0, 3, { rows: 1, columns: 3 }],
    [9, 9, { rows: 4, columns: 4 }],
    [Number.NaN, 2.7, { rows: 1, columns: 2 }],
  ])('of %s rows and %s columns is %j', (rows, columns, grid) => {
    expect(gridOf(rows, columns)).toEqual(grid)
  })

  test.each([
    [0, ONE],
    [1, ONE],
    [2, TWO],
    [3, FOUR],
    [4, FOUR],
    [5, { rows: 2, columns: 3 }],
    [9, { rows: 3, columns: 3 }],
    [16, { rows: 4, columns: 4 }],
    [99, { rows: 4, columns: 4 }],
  ])('for %d things is %j', (many, grid) => {
    expect(gridFor(many)).toEqual(grid)
  })
})

describe('another grid', () => {
  test('that is larger keeps what is there, and fills up with what is next', () => {
    const layout = rearranged(laidOut(TWO, ['a', 'b'], 1), FOUR, ['c'])

    expect(layout).toEqual({ grid: FOUR, cells: ['a', 'b', 'c', undefined], active: 1 })
  })

  test('fills cells that were empty', () => {
    expect(rearranged(laidOut(TWO, [undefined, 'b']), FOUR, ['c', 'd']).cells).toEqual(['c', 'b', 'd', undefined])
  })

  test('that is smaller keeps the active one, and those before it', () => {
    expect(rearranged(laidOut(FOUR, ['a', 'b', 'c', 'd'], 2), TWO, [])).toEqual({
      grid: TWO,
      cells: ['b', 'c'],
      active: 1,
    })
    expect(rearranged(laidOut(FOUR, ['a', 'b', 'c', 'd'], 3), ONE, [])).toEqual({ grid: ONE, cells: ['d'], active: 0 })
    expect(rearranged(laidOut(FOUR, ['a', 'b', 'c', 'd'], 0), ONE, [])).toEqual({ grid: ONE, cells: ['a'], active: 0 })
  })
})

describe('cells', () => {
  const layout = laidOut(FOUR, ['a', 'b', 'c', 'd'], 3)

  test('are walked in a circle', () => {
    expect(stepped(layout, 1).active).toBe(0)
    expect(stepped(laidOut(FOUR, []), -1).active).toBe(3)
    expect(stepped(laidOut(ONE, []), 1).active).toBe(0)
  })

  test('are active only where there is one', () => {
    expect(activated(layout, 1).active).toBe(1)
    expect(activated(layout, 4).active).toBe(3)
  })

  test('are filled one at a time', () => {
    expect(put(layout, 1, 'x').cells).toEqual(['a', 'x', 'c', 'd'])
  })
})
