import { describe, expect, test } from 'vitest'
import { outwardsFrom, wishes } from '../../src/images/retrieval/wishes'
import { namesOf, stack } from './stacks'

const seat = (name: string, count: number, index: number, direction: 1 | -1 = 1) => ({
  pictures: stack(name, count),
  index,
  direction,
})

describe('what is worth fetching', () => {
  test('is first all that stands on the screen, then what lies around the reader, then around the other cells', () => {
    expect(namesOf(wishes([seat('a', 4, 1), seat('b', 3, 0)], []))).toBe('a2 b1 a3 a4 a1 b2 b3')
  })

  test('is then what hangs nowhere, in the order to look at it', () => {
    expect(namesOf(wishes([seat('a', 2, 0)], [stack('c', 2), stack('d', 1)]))).toBe('a1 a2 c1 c2 d1')
  })

  test('is each picture once, though two cells show the same stack', () => {
    expect(namesOf(wishes([seat('a', 4, 1), seat('a', 4, 3)], [stack('a', 4)]))).toBe('a2 a4 a3 a1')
  })

  test('is nothing where nothing hangs', () => {
    expect(wishes([seat('a', 0, 0)], [])).toEqual([])
  })
})

describe('a stack is fetched', () => {
  test.each([
    [0, 4, 1, [1, 2, 3]],
    [3, 4, 1, [2, 1, 0]],
    [2, 6, 1, [3, 4, 1, 5, 0]],
    [3, 6, -1, [2, 1, 4, 0, 5]],
    [0, 1, 1, []],
  ] as const)('from picture %d of %d outwards, by %d: %j', (index, count, direction, order) => {
    expect(outwardsFrom(index, count, direction)).toEqual(order)
  })

  test('whole, wherever it begins and whichever way the reader goes', () => {
    for (const direction of [1, -1] as const)
      for (let index = 0; index < 23; index++) expect(new Set(outwardsFrom(index, 23, direction)).size).toBe(22)
  })
})
