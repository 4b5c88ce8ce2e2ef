import { afterEach, describe, expect, test } from 'vitest'
import { FirstWindow, type Bench } from '../src/beside/first'
import { indexAt, placeOf } from '../src/beside/linked'
import { channelOf, type OfFirst, type OfSecond, type ToldCase } from '../src/beside/messages'
import type { Plane } from '../src/images/layout/planes'
import { ShownSeries, type Drawn } from '../src/images/shown-series'
import { routeOf } from '../src/shell/route'

/** Axial, at so many mm towards the head. */
const slice = (z: number, frameOfReference = '1.2'): Plane => ({
  ...{ frameOfReference, origin: [0, 0, z], along: [100, 0, 0], down: [0, 100, 0], normal: [0, 0, 1] },
})

describe('another window', () => {
  test('goes to the slice that lies nearest in the same space, and nowhere beyond the ends', () => {
    const stack = [0, 5, 10].map((z) => slice(z))

    expect([4, 7.6, 14, 16].map((z) => indexAt(stack, placeOf(slice(z))))).toEqual([1, 2, 2, undefined])
    expect(indexAt(stack, placeOf(slice(5, '1.3')))).toBeUndefined()
    expect(indexAt(stack, { ...placeOf(slice(5)), normal: [1, 0, 0] })).toBeUndefined()
    expect(indexAt([undefined, slice(5)], placeOf(slice(5)))).toBe(1)
  })

  test('takes what was seen in this one, and says only what was seen there', () => {
    const said: Drawn[] = []
    const [here, there] = [new ShownSeries(), new ShownSeries((one) => said.push(one))]
    here.expect('1.7', 3)
    here.displayed('1.7', 'a')
    here.failed('1.7', 'b', 'load_failed')
    here.lose('1.8')
    there.take(here.drawn)
    expect(said).toEqual([])
    expect([there.progress('1.7').done, there.isDone('1.7', 'b'), there.cannotShow('1.8')]).toEqual([
      1,
      true,
      { fault: 'load_failed' },
    ])

    there.displayed('1.7', 'c')
    here.take(said)
    expect(said).toEqual([{ what: 'displayed', series: '1.7', frame: 'c' }])
    expect(here.progress('1.7').done).toBe(2)
  })

  test('has an address of its own', () => {
    expect(routeOf('#/beside/00ff00ff00ff00ff')).toEqual({ page: 'beside', windowId: '00ff00ff00ff00ff' })
    expect(routeOf('#/beside/of-another')).toEqual({ page: 'worklist' })
  })
})

describe('a tab that is duplicated', () => {
  const ended: (() => void)[] = []
  afterEach(() => ended.splice(0).forEach((end) => end()))

  const memory = (kept: Readonly<Record<string, string>>): Storage => {
    const items = new Map(Object.entries(kept))
    return {
      getItem: (name: string) => items.get(name) ?? null,
      setItem: (name: string, value: string) => void items.set(name, value),
      removeItem: (name: string) => void items.delete(name),
    } as Storage
  }
  const desk = (caseId: string): { bench: Bench; drawn: Drawn[]; changes: number } => {
    const told = { caseId, imageSet: 'as-seen' } as ToldCase
    const made = { drawn: [] as Drawn[], changes: 0, bench: {} as Bench }
    made.bench = {
      ...{ told: () => told, drawn: () => [], onDrawn: (one: readonly Drawn[]) => void made.drawn.push(...one) },
      ...{ onMarks: () => {}, onKey: () => {}, onLinked: () => {}, onStir: () => {}, onAsked: () => {} },
      onChange: () => void (made.changes += 1),
    }
    return made
  }
  const heard = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))
  const secondOf = (id: string): { said: OfFirst[]; post(message: OfSecond): void } => {
    const channel = new BroadcastChannel(channelOf(id))
    const said: OfFirst[] = []
    channel.onmessage = ({ data }: MessageEvent<OfFirst>) => said.push(data)
    ended.push(() => channel.close())
    return { said, post: (message) => channel.postMessage(message) }
  }
  const KEPT = { 'tierread.beside': '00ff00ff00ff00ff', 'tierread.beside.open': 'yes' }

  test('leaves the second window with the page that was there before', async () => {
    const [one, other] = [memory(KEPT), memory(KEPT)]
    const [first, copy] = [new FirstWindow(() => one), new FirstWindow(() => other)]
    const [here, there] = [desk('case-1'), desk('case-2')]
    const { said, post } = secondOf('00ff00ff00ff00ff')
    first.begin('ada')
    first.take(here.bench)
    await heard()
    copy.begin('ada')
    copy.take(there.bench)
    await heard()
    const before = said.splice(0).map(({ kind }) => kind)
    copy.tell(true)
    post({ kind: 'hello', asks: true })
    await heard()

    expect(before).toContain('moved')
    expect(said.map((each) => (each.kind === 'case' ? each.now.caseId : each.kind))).toEqual(['case-1'])
    expect([first.isOpen, copy.isOpen, there.changes]).toEqual([true, false, 1])
    expect([one, other].map((each) => each.getItem('tierread.beside'))).toEqual(['00ff00ff00ff00ff', null])
  })

  test('a page that is loaded anew keeps its second window, and what was drawn of other images is not of these', async () => {
    const kept = memory({ ...KEPT, 'tierread.beside': '11ff11ff11ff11ff' })
    const again = new FirstWindow(() => kept)
    const here = desk('case-1')
    const { post } = secondOf('11ff11ff11ff11ff')
    again.begin('ada')
    again.take(here.bench)
    const one = { what: 'lose', series: '1.7' } as const
    for (const imageSet of ['before', 'as-seen']) post({ kind: 'drawn', caseId: 'case-1', imageSet, drawn: [one] })
    await heard()

    expect([again.isOpen, here.drawn]).toEqual([true, [one]])
  })
})
