import { describe, expect, test } from 'vitest'
import { caseAddress, routeOf, signInAddress } from '../src/shell/route'

const ID = '01JD3Z9Q4R5S6T7V8W9XYZABCD'

describe('the address behind the #', () => {
  test.each([
    ['', { page: 'worklist' }],
    ['#/', { page: 'worklist' }],
    ['#/case/1', { page: 'worklist' }],
    ['#/case/../api', { page: 'worklist' }],
    [caseAddress(ID), { page: 'desk', caseId: ID }],
  ])('%j leads to %o', (hash, route) => {
    expect(routeOf(hash)).toEqual(route)
  })

  test('survives the sign-in page', () => {
    expect(signInAddress(`/${caseAddress(ID)}`)).toBe(`/sign-in?next=%2F%23%2Fcase%2F${ID}`)
  })
})
