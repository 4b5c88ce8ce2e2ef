import { describe, expect, test } from 'vitest'
import { NO_FILTERS } from '../src/worklist/filters'
import { addressOfList, comeBack, leave, listOfAddress, sortedBy, startOf } from '../src/worklist/list-state'

const TABS = ['read', 'verify', 'all'] as const

describe('a list in the address', () => {
  const state = { ...startOf('verify'), filters: { ...NO_FILTERS, modality: 'CT', site: 'hills' }, page: 3 }

  test('comes back from it as it was', () => {
    const sorted = { ...state, sort: 'patient', descending: true } as const

    expect(addressOfList(sorted)).toBe('#/?tab=verify&modality=CT&site=hills&sort=-patient&page=3')
    expect(listOfAddress(addressOfList(sorted), TABS)).toEqual(sorted)
  })

  test('never says whom somebody seeks', () => {
    const sought = { ...state, filters: { ...state.filters, q: '王小丽' } }

    expect(addressOfList(sought)).toBe(addressOfList(state))
  })

  test.each([
    ['', undefined],
    ['#/', undefined],
    ['#/?tab=reviewer', undefined],
    ['#/?tab=read&page=0&sort=name&site=%3Cb%3E', startOf('read')],
    ['#/?tab=read&q=wxl', startOf('read')],
  ])('%j that says less, or what there is not, is taken as far as it goes', (hash, expected) => {
    expect(listOfAddress(hash, TABS)).toEqual(expected)
  })
})

describe('a heading', () => {
  test('sorts up, then down, then leads back to the order of the queue, always from the first page', () => {
    const up = sortedBy({ ...startOf('read'), page: 4 }, 'site')
    const down = sortedBy(up, 'site')

    expect([up.sort, up.descending, up.page]).toEqual(['site', false, 1])
    expect([down.sort, down.descending]).toEqual(['site', true])
    expect(sortedBy(down, 'site')).toEqual(startOf('read'))
    expect(sortedBy(down, 'patient')).toEqual({ ...startOf('read'), sort: 'patient' })
  })
})

describe('whoever comes back from a case', () => {
  const was = { state: { ...startOf('verify'), filters: { ...NO_FILTERS, q: 'wxl' } }, scroll: 700, selected: 'A' }

  test('stands where they were, with what they sought', () => {
    leave('ada', was)

    expect(comeBack('ada', '#/', TABS)).toBe(was)
    expect(comeBack('ada', addressOfList(was.state), TABS)).toBe(was)
  })

  test('is where the address says, where that is another list, or begins with their first', () => {
    leave('ada', was)

    expect(comeBack('ada', '#/?tab=all', TABS)).toEqual({ state: startOf('all'), scroll: 0, selected: undefined })
    expect(comeBack('ben', '#/', TABS).state).toEqual(startOf('read'))
    expect(comeBack('ada', '#/', ['read']).state).toEqual(startOf('read'))
  })
})
