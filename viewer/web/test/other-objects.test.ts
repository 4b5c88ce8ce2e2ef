import { describe, expect, test } from 'vitest'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { canBeSeen, kindOf, othersOf } from '../src/images/other-objects'
import { contentOf } from '../src/images/sr-content'

const of = (values: Readonly<Record<string, readonly unknown[]>>): DataSet =>
  Object.fromEntries(Object.entries(values).map(([tag, Value]) => [tag, { Value }]))
const named = (meaning: string) => [of({ '00080104': [meaning] })]
const item = (type: string, name: string, values: Readonly<Record<string, readonly unknown[]>> = {}): DataSet =>
  of({ '0040A040': [type], '0040A043': named(name), ...values })
const CLASS = '1.2.840.10008.5.1.4.1.1.'
const SERIES = { studyUid: '1.2', seriesUid: '1.2.3' }

const REPORT = of({
  [TAG.SOPClassUID]: [`${CLASS}88.11`],
  [TAG.SOPInstanceUID]: ['1.9'],
  '0040A043': named('Dose report'),
  '0040A730': [
    item('CONTAINER', 'Irradiation', {
      '0040A730': [
        item('NUM', 'CTDIvol', { '0040A300': [of({ '0040A30A': [12.5], '004008EA': [of({ '00080100': ['mGy'] })] })] }),
        item('TEXT', 'Comment', { '0040A160': ['none'] }),
      ],
    }),
    item('CODE', 'Scanner', { '0040A168': named('Head') }),
    item('IMAGE', 'Source'),
  ],
})

describe('objects that are no pictures', () => {
  test.each([
    ['104.1', 'pdf'],
    ['104.2', 'document'],
    ['88.59', 'key-objects'],
    ['88.67', 'report'],
    ['11.1', 'presentation-state'],
    ['9.1.1', 'waveform'],
    ['481.5', 'radiotherapy'],
    ['66.1', 'registration'],
    ['66', 'raw-data'],
    ['66.5', 'raw-data'],
    ['200.3', 'other'],
  ])('of %s are of the kind %s', (which, kind) => {
    expect(kindOf(CLASS + which)).toBe(kind)
    expect(kindOf(`1.3.12.2.1107.5.9.${which}`)).toBe('other')
  })

  test('can be seen here when the browser opens them or their text says all', () => {
    const pdf = of({
      [TAG.SOPClassUID]: [`${CLASS}104.1`],
      [TAG.SOPInstanceUID]: ['1.8'],
      [TAG.DocumentTitle]: ['ECG'],
    })
    const ecg = of({ [TAG.SOPClassUID]: [`${CLASS}9.1.1`], [TAG.SOPInstanceUID]: ['1.7'] })
    const picture = of({ [TAG.Rows]: [512] })
    const others = othersOf(SERIES, [pdf, ecg, picture, REPORT])

    expect(others.map(canBeSeen)).toEqual([true, false, true])
    expect(others[0]).toMatchObject({
      kind: 'pdf',
      title: 'ECG',
      address: '/dicomweb/studies/1.2/series/1.2.3/instances/1.8/rendered',
    })
  })
})

describe('a structured report', () => {
  test('is read line by line', () => {
    const { title, lines, complete } = contentOf(REPORT)

    expect(title).toBe('Dose report')
    expect(lines.map(({ depth, name, value }) => [depth, name, value])).toEqual([
      [0, 'Irradiation', ''],
      [1, 'CTDIvol', '12.5 mGy'],
      [1, 'Comment', 'none'],
      [0, 'Scanner', 'Head'],
      [0, 'Source', ''],
    ])
    expect(lines.map(({ isReference }) => isReference)).toEqual([false, false, false, false, true])
    expect(complete).toBe(true)
  })

  test('is not complete with coordinates, unknown kinds, or nothing', () => {
    expect(contentOf(of({ '0040A730': [item('SCOORD', 'Outline')] })).complete).toBe(false)
    expect(contentOf(of({ '0040A730': [item('TABLE', 'Values')] })).complete).toBe(false)
    expect(contentOf(of({})).complete).toBe(false)
  })
})
