import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Unreachable } from '../src/api/problem'
import { Settings } from '../src/keeping/settings'
import { MOST_KEPT, choicesOf, choose, keep, stateOf } from '../src/worklist/choices'
import { AS_SHIPPED } from '../src/worklist/columns'
import { NO_FILTERS } from '../src/worklist/filters'
import { startOf } from '../src/worklist/list-state'
import { storageOf } from './browser'

const NOTHING = { columns: AS_SHIPPED, preview: false, kept: [] }

describe('what a person chose', () => {
  const store = new Map<string, string>()
  const signedIn = (personId: string) => {
    const server = {
      settings: () => Promise.resolve({}),
      keepSetting: () => Promise.reject(new Unreachable('no line')),
    }
    return new Settings(server, personId, () => undefined)
  }
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('localStorage', storageOf(store))
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    store.clear()
  })

  test('is theirs alone', () => {
    const chosen = { ...NOTHING, preview: true }
    choose(signedIn('ada'), chosen)

    expect(choicesOf(signedIn('ada'))).toEqual(chosen)
    expect(choicesOf(signedIn('ben'))).toEqual(NOTHING)
  })

  test.each(['{', 'null', '7', '{"kept":7,"columns":[],"preview":"yes"}', '{"kept":[{"name":1},null]}'])(
    'is nothing where %s stands',
    (text) => {
      store.set('tierread.worklist.ada', text)

      expect(choicesOf(signedIn('ada'))).toEqual(NOTHING)
    },
  )
})

describe('filters by name', () => {
  const state = { ...startOf('verify'), filters: { ...NO_FILTERS, site: 'hills', q: '王小丽' }, page: 2 }

  test('hold the list from its first page, and nobody who was sought', () => {
    const [one] = keep([], '  山区  ', state)

    expect(one).toEqual({ name: '山区', address: '#/?tab=verify&site=hills' })
    expect(one && stateOf(one, ['verify'])).toEqual({ ...state, filters: { ...NO_FILTERS, site: 'hills' }, page: 1 })
    expect(one && stateOf(one, ['read'])).toBeUndefined()
  })

  test('replace those of the same name, have one, and are not many', () => {
    const many = Array.from({ length: MOST_KEPT + 5 }, (_, n) => n).reduce(
      (kept, n) => keep(kept, `${n}`, state),
      keep([], '', state),
    )

    expect(many).toHaveLength(MOST_KEPT)
    expect(keep(many, '9', startOf('all')).filter(({ name }) => name === '9')).toHaveLength(1)
  })
})
