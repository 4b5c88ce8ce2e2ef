import { expect, test } from 'vitest'
import { pressed, type ListHand } from '../src/worklist/list-keys'

/** What a key does; `q`: pressed in the box of the search. */
function doneBy(name: string, where: 'q' | 'other-field' | 'page', more: object = {}): readonly string[] {
  const done: string[] = []
  const hand = new Proxy({}, { get: (_, act) => () => done.push(String(act)) }) as ListHand
  const isIn = (selector: string): boolean =>
    (where === 'q' && selector === '#worklist-q') || (where !== 'page' && selector.startsWith('input'))
  const event = {
    ...{ key: name, code: '', ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false },
    ...{ isComposing: false, target: { closest: (selector: string) => (isIn(selector) ? {} : null) } },
    ...{ preventDefault: () => done.push('prevented') },
    ...more,
  } as unknown as KeyboardEvent
  pressed(event, hand)
  return done
}

test('out of the search lead an arrow and Enter to the first row, and Escape', () => {
  expect(doneBy('ArrowDown', 'q')).toEqual(['prevented', 'first-row'])
  expect(doneBy('Enter', 'q')).toEqual(['prevented', 'first-row'])
  expect(doneBy('Escape', 'q')).toEqual(['prevented', 'leave-search'])
})

test('nothing else does while somebody types, nor a key of an input method', () => {
  expect(doneBy('n', 'q')).toEqual([])
  expect(doneBy('Enter', 'q', { isComposing: true })).toEqual([])
  expect(doneBy('Enter', 'other-field')).toEqual([])
  expect(doneBy('ArrowDown', 'page')).toEqual(['prevented', 'step'])
})
