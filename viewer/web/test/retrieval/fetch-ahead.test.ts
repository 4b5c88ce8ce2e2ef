import { describe, expect, test } from 'vitest'
import type { Picture } from '../../src/images/pictures'
import { FetchAhead, pauseAfter, type Means } from '../../src/images/retrieval/fetch-ahead'
import { namesOf, settled, stack } from './stacks'

/** Memory of so many kB, and a server that has everything but what is damaged. */
class Memory implements Means {
  readonly loads: string[] = []
  readonly pauses: number[] = []
  readonly there = new Set<string>()
  readonly damaged = new Set<string>()
  readonly budget: number
  isHolding = false
  private held: (() => void)[] = []

  constructor(kilobytes = 1_000) {
    this.budget = kilobytes * 1_024
  }

  announce(): void {}

  isMissing({ imageId }: Picture): boolean {
    return !this.there.has(imageId)
  }

  async load({ imageId }: Picture): Promise<void> {
    this.loads.push(imageId)
    if (this.isHolding) await new Promise<void>((resolve) => this.held.push(resolve))
    if (this.damaged.has(imageId)) throw new Error('no picture')
    this.there.add(imageId)
  }

  async answerAll(): Promise<void> {
    for (const go of this.held.splice(0)) go()
    await settled()
  }

  makeRoom(_picture: Picture, wanted: ReadonlySet<string>): void {
    if (this.there.size * 1_024 < this.budget) return
    const other = [...this.there].find((imageId) => !wanted.has(imageId))
    if (other) this.there.delete(other)
  }

  async pause(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds)
  }
}

function fetching(memory: Memory) {
  const failed: string[] = []
  const idle: number[] = []
  const ahead = new FetchAhead(memory, {
    onFailed: ({ imageId }) => failed.push(imageId),
    onIdle: () => idle.push(memory.loads.length),
    onProgress: () => undefined,
  })
  return { ahead, failed, idle }
}

describe('pictures are fetched ahead', () => {
  test('in the order in which they are wanted, each once, and then it says that it is done', async () => {
    const memory = new Memory()
    const { ahead, idle } = fetching(memory)
    ahead.want(stack('a', 9))
    await settled()

    expect(memory.loads.join(' ')).toBe(namesOf(stack('a', 9)))
    expect(idle).toEqual([9])
  })

  test('four at a time; after a jump the four of the new place', async () => {
    const memory = new Memory()
    const { ahead } = fetching(memory)
    memory.isHolding = true
    ahead.want(stack('a', 99))
    await settled()

    expect(memory.loads.join(' ')).toBe('a1 a2 a3 a4')
    ahead.want([...stack('b', 99), ...stack('a', 99)])
    await settled()
    expect(memory.loads.slice(4).join(' ')).toBe('b1 b2 b3 b4')
  })

  test('one more for each that came, where the reader goes on by one', async () => {
    const memory = new Memory()
    const { ahead } = fetching(memory)
    memory.isHolding = true
    ahead.want(stack('a', 99))
    await settled()
    ahead.want(stack('a', 99).slice(1))
    await settled()

    expect(memory.loads.slice(4).join(' ')).toBe('a5')
  })

  test('as many as memory has room for, and for those that are wanted now the others go', async () => {
    const memory = new Memory(5)
    const { ahead } = fetching(memory)
    const pictures = stack('a', 20)
    ahead.want(pictures)
    await settled()

    expect([...memory.there].join(' ')).toBe('a1 a2 a3 a4 a5')
    expect(ahead.hasRoomFor(pictures)).toBe(false)
    ahead.want(pictures.slice(2))
    await settled()
    expect([...memory.there].join(' ')).toBe('a3 a4 a5 a6 a7')
  })

  test('with growing pauses where they fail, and what failed only after somebody tries again', async () => {
    const memory = new Memory()
    const { ahead, failed } = fetching(memory)
    for (const name of ['a1', 'a2', 'a3', 'a4']) memory.damaged.add(name)
    ahead.want(stack('a', 5))
    await settled()

    expect(failed).toEqual(['a1', 'a2', 'a3', 'a4'])
    expect(memory.loads).toHaveLength(5)
    expect(memory.pauses[0]).toBe(1_000)
    memory.damaged.clear()
    ahead.want(stack('a', 5))
    await settled()
    expect(memory.loads).toHaveLength(5)
    ahead.tryAgain(stack('a', 5))
    ahead.want(stack('a', 5))
    await settled()
    expect(memory.there.size).toBe(5)
  })

  test('but for those that nothing could show', async () => {
    const memory = new Memory()
    const { ahead } = fetching(memory)
    ahead.skip(stack('a', 3))
    ahead.want(stack('a', 5))
    await settled()

    expect(memory.loads.join(' ')).toBe('a4 a5')
  })

  test.each([
    [0, 0],
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [9, 30_000],
  ])('after %d failures there is a pause of %d ms', (failures, milliseconds) => {
    expect(pauseAfter(failures)).toBe(milliseconds)
  })
})
