import { describe, expect, test } from 'vitest'
import type { Picture } from '../../src/images/pictures'
import { DeskLine, type Viewer } from '../../src/images/retrieval/desk-line'
import { settled, stack } from './stacks'

function desk() {
  const there: string[] = []
  const failing = new Set<string>()
  const line = new DeskLine()
  line.connect({
    budget: 1_000_000,
    announce: () => undefined,
    isMissing: ({ imageId }) => !there.includes(imageId),
    load: ({ imageId }) =>
      failing.has(imageId) ? Promise.reject(new Error('lost')) : Promise.resolve(there.push(imageId)),
    makeRoom: () => undefined,
    pause: () => Promise.resolve(),
  })
  return { line, there, failing }
}

const viewer = (pictures: readonly Picture[], index = 0, failed: string[] = []): Viewer => ({
  pictures,
  index,
  direction: 1,
  onFailed: ({ imageId }) => failed.push(imageId),
})

describe('the line of the desk', () => {
  test('brings what hangs in no cell when all cells have theirs, one series after the other', async () => {
    const { line, there } = desk()
    const asked: string[] = []
    const rest = (key: string) => ({
      key,
      pictures: () => {
        asked.push(`${key} after ${there.length}`)
        return Promise.resolve(stack(key, 2))
      },
    })
    line.behind([rest('c'), rest('d')])
    line.moved(viewer(stack('a', 3), 1))
    await settled()

    expect(there.join(' ')).toBe('a2 a3 a1 c1 c2 d1 d2')
    expect(asked).toEqual(['c after 3', 'd after 5'])
  })

  test('says how much is at hand, and what failed is not', async () => {
    const { line, failing } = desk()
    const ended = new AbortController()
    const told: string[] = []
    line.watch(() => told.push(`${line.progress.there}/${line.progress.wanted}`), ended.signal)
    failing.add('a2')
    line.moved(viewer(stack('a', 3)))
    await settled()
    const tellings = told.length
    ended.abort()
    line.moved(viewer(stack('b', 1)))

    expect(told.at(-1)).toBe('2/3')
    expect(told).toHaveLength(tellings)
  })

  test('begins around the cell that the reader looks at', async () => {
    const { line, there } = desk()
    const [left, right] = [viewer(stack('a', 9)), viewer(stack('b', 9))]
    line.activate(right)
    line.moved(left)
    line.moved(right)
    await settled()

    expect(there.slice(-5).join(' ')).toBe('a5 a6 a7 a8 a9')
    expect(there.slice(4, 13).join(' ')).toBe('b1 b2 b3 b4 b5 b6 b7 b8 b9')
    expect(line.line.isOnScreen('a1') && line.line.isOnScreen('b1')).toBe(true)
    line.leave(left)
    expect(line.line.isOnScreen('a1')).toBe(false)
  })

  test('tells the cells that show a picture when it does not come', async () => {
    const { line, failing } = desk()
    failing.add('a2')
    const [mine, others]: [string[], string[]] = [[], []]
    line.moved(viewer(stack('b', 1), 0, others))
    line.moved(viewer(stack('a', 2), 0, mine))
    await settled()

    expect(mine).toEqual(['a2'])
    expect(others).toEqual([])
  })
})
