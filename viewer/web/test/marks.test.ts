import { describe, expect, test } from 'vitest'
import type { Mark } from '../src/api/marks'
import type { Content } from '../src/api/report'
import { EMPTY } from '../src/desk/content'
import { fieldsOfBoth } from '../src/desk/forms'
import { changedMarks } from '../src/desk/marks-view'
import { markCounts, markWords, placeWords } from '../src/desk/mark-words'
import { valueWords } from '../src/images/tools/value-words'
import { afterChange, marksDifference, withKey } from '../src/desk/marks'
import { differing, merged, proposed } from '../src/keeping/merge'

const PICTURE = { study_uid: '1.1', series_uid: '1.1.1', instance_uid: '1.1.1.1', frame: 1 }

/** A length of as many mm as it is long in pixels. */
const length = (id: string, mm: number, known: Partial<Mark> = {}): Mark => ({
  id,
  kind: 'length',
  ...PICTURE,
  points: [
    [10, 20],
    [10 + mm, 20],
  ],
  values: [{ name: 'length', value: mm, unit: 'mm' }],
  calibration: 'patient',
  text: '',
  ...known,
})
const saying = (...marks: readonly Mark[]): Content => ({ ...EMPTY, marks })
const ids = (marks: readonly Mark[]): readonly string[] => marks.map(({ id }) => id)

describe('what somebody draws', () => {
  test('stands at the end, takes the place of what it changes, and goes when it is removed', () => {
    const [a, b] = [length('a', 5), length('b', 6)]

    expect(ids(afterChange([a], { changed: [b], removed: [] }))).toEqual(['a', 'b'])
    expect(afterChange([a, b], { changed: [length('a', 7)], removed: [] })).toEqual([length('a', 7), b])
    expect(afterChange([a, b], { changed: [], removed: ['a', 'x'] })).toEqual([b])
  })
})

test('a picture is a key image by one press, and by the next one it is none', () => {
  const keyed = withKey([length('a', 5)], PICTURE)

  expect(keyed.map(({ kind }) => kind)).toEqual(['length', 'key'])
  expect(withKey(keyed, { ...PICTURE, frame: 2 })).toHaveLength(3)
  expect(withKey(keyed, PICTURE)).toEqual([length('a', 5)])
})

test('the difference of two reports names what went, what came, and what became another', () => {
  const difference = marksDifference(
    [length('gone', 1), length('same', 2), length('moved', 3)],
    [length('same', 2), length('moved', 4), length('new', 5)],
  )

  expect(ids(difference.removed)).toEqual(['gone'])
  expect(ids(difference.added)).toEqual(['new'])
  expect(difference.changed).toEqual([{ before: length('moved', 3), after: length('moved', 4) }])
})

test('whoever signs reads which marks went, became others and came', () => {
  const moved = {
    points: [
      [50, 60],
      [53, 60],
    ] as const,
  }
  const said = changedMarks(
    [length('gone', 1), length('same', 2), length('longer', 3), length('moved', 3)],
    [length('same', 2), length('longer', 4), length('moved', 3, moved), length('new', 5)],
  )

  expect(said).toEqual([
    { was: '长度 1.0 mm' },
    { was: '长度 3.0 mm', is: '长度 4.0 mm' },
    { was: '长度 3.0 mm (10, 20) (13, 20)', is: '长度 3.0 mm (50, 60) (53, 60)' },
    { is: '长度 5.0 mm' },
  ])
})

describe('two windows that measured', () => {
  const base = saying(length('both', 1), length('mine', 2), length('theirs', 3), length('dropped', 4))
  const mine = saying(length('both', 10), length('mine', 20), length('theirs', 3), length('new', 6))
  const theirs = saying(
    length('both', 11),
    length('mine', 2),
    length('theirs', 30),
    length('dropped', 4),
    length('x', 7),
  )
  const fields = fieldsOfBoth(mine, theirs)
  const open = differing(fields, mine, theirs)

  test('are asked about each mark that differs, and offered what only one of them changed', () => {
    expect(Object.fromEntries(open.map((field) => [field.name, proposed(field, base, mine, theirs)]))).toEqual({
      'mark.both': 'mine',
      'mark.mine': 'mine',
      'mark.theirs': 'theirs',
      'mark.new': 'mine',
      'mark.dropped': 'mine',
      'mark.x': 'theirs',
    })
  })

  test('keep the marks of both as they are chosen', () => {
    const choices = Object.fromEntries(open.map((field) => [field.name, proposed(field, base, mine, theirs)]))

    expect(merged(fields, mine, theirs, choices).marks).toEqual([
      length('both', 10),
      length('mine', 20),
      length('theirs', 30),
      length('new', 6),
      length('x', 7),
    ])
    expect(ids(merged(fields, mine, theirs, { 'mark.new': 'theirs' }).marks ?? [])).toEqual(['both', 'mine', 'theirs'])
  })
})

describe('in words', () => {
  test('a mark says its kind, its values and its text', () => {
    const ellipse = length('e', 1, {
      kind: 'ellipse',
      values: [
        { name: 'area', value: 80.25, unit: 'mm2' },
        { name: 'mean', value: -41.04, unit: "[hnsf'U]" },
        { name: 'max', value: 12, unit: "[hnsf'U]" },
      ],
    })

    expect(markWords(length('a', 12.34))).toBe('长度 12.3 mm')
    expect(markWords(ellipse)).toBe('椭圆区 面积 80.3 mm²、均值 -41.0 HU、最大值 12 HU')
    expect(markWords(length('a', 5, { calibration: 'detector' }))).toBe('长度 5.0 mm（探测器平面，未校准）')
    const { calibration: _, ...older } = length('a', 5)
    expect(markWords(older)).toBe('长度 5.0 mm（校准方式未记录）')
    expect(markWords(length('a', 1, { kind: 'arrow', values: [], text: '结节' }))).toBe('箭头：结节')
    expect(valueWords({ name: 'angle', value: 12.06, unit: 'deg' })).toBe('12.1°')
    expect(valueWords({ name: 'ratio', value: 0.5, unit: '1' })).toBe('0.50')
    expect(valueWords({ name: 'length', value: 7, unit: 'furlong' })).toBe('7.0 furlong')
  })

  test('a picture is named by the numbers of its device', () => {
    const place = { series: 2, image: 14, frames: 1, earlier: null }

    expect(placeWords(length('a', 1), place)).toBe('序列 2，图像 14')
    expect(placeWords(length('a', 1, { frame: 3 }), { ...place, series: undefined, frames: 5 })).toBe(
      '图像 14，第 3 帧',
    )
    expect(placeWords(length('a', 1), { ...place, earlier: '2026-01-02T08:00:00+08:00' })).toMatch(
      /^既往检查 2026-01-02/,
    )
    expect(placeWords(length('a', 1), 'gone')).toBe('图像已不在本次检查中')
    expect(placeWords(length('a', 1), undefined)).toBe('')
  })

  test('a signature counts them', () => {
    expect(markCounts([length('a', 1), length('b', 1, { kind: 'key', points: [] })])).toBe('1 项测量、1 幅关键图像')
    expect(markCounts([length('b', 1, { kind: 'key', points: [] })])).toBe('1 幅关键图像')
  })
})
