import { describe, expect, test } from 'vitest'
import { indexAt, placeOf } from '../src/beside/linked'
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
