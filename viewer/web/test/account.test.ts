import { describe, expect, test } from 'vitest'
import { accountOf } from '../src/images/account'
import type { Series } from '../src/images/series'
import { ShownSeries } from '../src/images/shown-series'

const series = (seriesUid: string): Series => ({
  studyUid: '1',
  seriesUid,
  modality: 'CT',
  number: 1,
  description: '',
  bodyPart: '',
  study: '',
  instances: 1,
})

describe('the account of a case', () => {
  test('parts what is left to look at from what could not be shown', () => {
    const shown = new ShownSeries()
    shown.expect('1.1', 1)
    shown.displayed('1.1', 'a')
    shown.expect('1.2', 1)
    shown.failed('1.2', 'b', 'damaged')

    const account = accountOf([series('1.1'), series('1.2'), series('1.3')], shown, { '1.1': 1, '1.2': 1, '1.3': 1 })

    expect(account.left.map(({ seriesUid }) => seriesUid)).toEqual(['1.3'])
    expect(account.failed.map(({ series: { seriesUid }, failed }) => [seriesUid, failed])).toEqual([
      ['1.2', { fault: 'damaged' }],
    ])
  })

  test('asks for nothing that no signature accounts for', () => {
    expect(accountOf([series('1.1')], new ShownSeries(), {})).toEqual({ left: [], failed: [] })
  })

  test('names images that the desk makes no picture of', () => {
    const shown = new ShownSeries()
    shown.expect('1.1', 0)

    expect(accountOf([series('1.1')], shown, { '1.1': 1 }).failed[0]?.failed).toEqual({ fault: 'unsupported' })
  })
})
