import { describe, expect, test } from 'vitest'
import { differenceOf, wordsOf } from '../src/desk/difference'

describe('the difference of two texts', () => {
  test('goes by characters in Chinese and by words elsewhere', () => {
    expect(wordsOf('左肺 5.2 mm。')).toEqual(['左', '肺', ' ', '5.2', ' ', 'mm', '。'])
  })

  test('shows what went and what came between what stayed', () => {
    expect(differenceOf('左侧少量积液', '左侧中等量积液')).toEqual([
      { kind: 'same', text: '左侧' },
      { kind: 'removed', text: '少' },
      { kind: 'added', text: '中等' },
      { kind: 'same', text: '量积液' },
    ])
  })

  test.each([
    ['', ''],
    ['a b', ''],
    ['', 'a b'],
    ['no fracture', 'fracture of the radius'],
    ['一二三', '三二一'],
  ])('loses nothing of %j and %j', (before, after) => {
    const runs = differenceOf(before, after)
    const without = (kind: string) =>
      runs
        .filter((run) => run.kind !== kind)
        .map((run) => run.text)
        .join('')

    expect([without('added'), without('removed')]).toEqual([before, after])
  })
})
