import { describe, expect, test } from 'vitest'
import { Dropped, Line, type Turn } from '../../src/images/retrieval/line'
import { settled } from './stacks'

/** A server that answers when it is told to, and notes what is on the wire. */
class Wire {
  readonly begun: string[] = []
  readonly aborted: string[] = []
  private readonly answers = new Map<string, () => void>()
  private readonly turns = new Map<string, Turn>()

  ask(imageId: string): (turn: Turn) => Promise<string> {
    return (turn) =>
      new Promise((resolve, reject) => {
        this.begun.push(imageId)
        this.turns.set(imageId, turn)
        this.answers.set(imageId, () => resolve(`pixels of ${imageId}`))
        turn.signal.addEventListener('abort', () => {
          this.aborted.push(imageId)
          reject(new Error('aborted'))
        })
      })
  }

  async answer(imageId: string): Promise<void> {
    this.answers.get(imageId)?.()
    await settled()
  }

  came(imageId: string, share: number): void {
    this.turns.get(imageId)?.came(share)
  }
}

const names = (name: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${name}${from + index}`)

/** A line that has been asked for these. */
function asked(imageIds: readonly string[], order: readonly string[], onScreen: number) {
  const wire = new Wire()
  const line = new Line(4)
  line.look(order, onScreen)
  const bring = (imageId: string) => line.bring(imageId, wire.ask(imageId))
  const all = imageIds.map(bring)
  return { wire, line, bring, all }
}

describe('the line', () => {
  test('carries four requests at once, the most wanted first', async () => {
    const { wire } = asked(names('a', 1, 6), ['x', 'a1', 'a2', 'a3', 'a4', 'a6', 'a5'], 1)
    await settled()

    expect(wire.begun).toEqual(['a1', 'a2', 'a3', 'a4'])
    await wire.answer('a2')
    expect(wire.begun.slice(4)).toEqual(['a6'])
  })

  test('belongs to what is on the screen alone; what made way is asked for again behind it', async () => {
    const { wire, line, bring, all } = asked(names('a', 1, 4), names('a', 1, 9), 0)
    await settled()
    line.look(['a90', ...names('a', 91, 99)], 1)
    const jumped = bring('a90')
    await settled()

    expect(wire.aborted).toEqual(names('a', 1, 4))
    expect(wire.begun).toEqual([...names('a', 1, 4), 'a90'])
    await wire.answer('a90')
    expect(await jumped).toBe('pixels of a90')
    expect(wire.begun.slice(5)).toEqual(names('a', 1, 4))
    await wire.answer('a3')
    expect(await all[2]).toBe('pixels of a3')
  })

  test('lets through what is nearly there', async () => {
    const { wire, line, bring } = asked(names('a', 1, 4), names('a', 1, 9), 0)
    await settled()
    wire.came('a2', 0.9)
    line.look(['a90'], 1)
    void bring('a90')
    await settled()

    expect(wire.aborted).toEqual(['a1', 'a3', 'a4'])
  })

  test('aborts for something else only what lies far behind it', async () => {
    const { wire, line, bring } = asked(names('a', 1, 4), names('a', 1, 30), 0)
    await settled()
    line.look([...names('a', 4, 30), 'a3', 'a2', 'a1'], 0)
    void bring('a5')
    void bring('a6')
    await settled()

    expect(wire.aborted).toEqual(['a1', 'a2', 'a3'])
    expect(wire.begun.slice(4)).toEqual(['a5', 'a6'])
  })

  test('never aborts what is on the screen, in however many cells', async () => {
    const { wire, line, bring } = asked(['a1', 'b1'], ['a1', 'b1'], 2)
    await settled()
    line.look(['a2', 'b1'], 2)
    void bring('a2')
    await settled()

    expect(wire.aborted).toEqual(['a1'])
    expect(wire.begun).toEqual(['a1', 'b1', 'a2'])
  })

  test('tells whoever waits that a picture was dropped', async () => {
    const { wire, line, all } = asked(names('a', 1, 5), names('a', 1, 9), 0)
    const outcomes = all.map((each) => each.catch((error: unknown) => error instanceof Dropped))
    await settled()
    line.drop('a1')
    line.drop('a5')
    await settled()

    expect(wire.aborted).toEqual(['a1'])
    expect(await outcomes[0]).toBe(true)
    expect(await outcomes[4]).toBe(true)
  })

  test('begins nothing that the next one would overtake', async () => {
    const { wire, line, bring } = asked(['a1', 'a20'], names('a', 1, 30), 0)
    await settled()
    expect(wire.begun).toEqual(['a1'])

    const next = bring('a2')
    await wire.answer('a1')
    expect(wire.begun).toEqual(['a1', 'a2'])
    await wire.answer('a2')
    expect(await next).toBe('pixels of a2')
    expect(wire.begun.slice(2)).toEqual(['a20'])
    expect(wire.aborted).toEqual([])
    line.look(names('a', 1, 30), 0)
  })

  test('brings what nobody spoke of, such as a volume, right behind the screen', async () => {
    const { wire } = asked(['a1', 'a2', 'a3', 'a4', 'v1'], ['x', ...names('a', 1, 30)], 1)
    await settled()

    expect(wire.begun).toEqual(['a1', 'a2', 'a3', 'a4'])
    await wire.answer('a1')
    expect(wire.begun.slice(4)).toEqual(['v1'])
  })

  test('hands on what the server says, and goes on', async () => {
    const line = new Line(1)
    const failed = line.bring('a1', () => Promise.reject(new Error('406')))

    await expect(failed).rejects.toThrow('406')
    expect(await line.bring('a2', () => Promise.resolve('pixels'))).toBe('pixels')
  })
})

describe('what is for later', () => {
  test('begins when nothing else is on the line, and makes way for anything', async () => {
    const { wire, line, bring, all } = asked(['a1'], names('a', 1, 3), 0)
    line.bringLater(['n1'])
    const later = bring('n1')
    await settled()

    expect(wire.begun).toEqual(['a1'])
    await wire.answer('a1')
    expect(wire.begun).toEqual(['a1', 'n1'])
    const jumped = bring('a3')
    await settled()

    expect(wire.aborted).toEqual(['n1'])
    expect(wire.begun).toEqual(['a1', 'n1', 'a3'])
    await wire.answer('a3')
    await wire.answer('n1')
    await Promise.all([...all, jumped, later])
    expect(wire.begun).toEqual(['a1', 'n1', 'a3', 'n1'])
  })

  test('is dropped when it is meant no longer', async () => {
    const { wire, line, bring } = asked([], [], 0)
    line.bringLater(['n1', 'n2'])
    const all = ['n1', 'n2'].map((imageId) => bring(imageId).catch((error: unknown) => error))
    await settled()
    line.bringLater([])

    expect(await Promise.all(all)).toEqual([expect.any(Dropped), expect.any(Dropped)])
    expect(wire.aborted).toEqual(['n1', 'n2'])
  })
})
