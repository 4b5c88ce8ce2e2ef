import { describe, expect, test } from 'vitest'
import en from '../../locale/en.json'
import zh from '../../locale/zh.json'
import type { Session } from '../src/api/shapes'
import { missingOf, NOT_JUDGED } from '../src/desk/review-form'
import { deskCommandOf } from '../src/desk/shortcuts'
import { TEMPLATES, templatesFor } from '../src/desk/templates'
import { imageKeyOf } from '../src/images/image-keys'
import { presetsFor } from '../src/images/window-level'
import { fill, languageOfCookies } from '../src/language'
import { caseAddress, routeOf, signInAddress } from '../src/shell/route'
import { tabsFor, takesCases } from '../src/worklist/tabs'

const ID = '01JD3Z9Q4R5S6T7V8W9XYZABCD'
const key = (name: string, control = false) => ({ key: name, ctrlKey: control, altKey: false, metaKey: false }) as KeyboardEvent

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

describe('the language', () => {
  test.each([
    ['', 'zh'],
    ['tierread_language=en', 'en'],
    ['a=b; tierread_language=en; c=d', 'en'],
    ['tierread_language=english', 'zh'],
    ['not_tierread_language=en', 'zh'],
  ])('of the cookies %j is %s', (cookies, language) => {
    expect(languageOfCookies(cookies)).toBe(language)
  })

  test('has every text in both', () => {
    expect(Object.keys(en)).toEqual(Object.keys(zh))
  })

  test('has the same places in both', () => {
    const places = (words: string) => [...words.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()
    for (const name of Object.keys(zh) as (keyof typeof zh)[]) expect([name, places(en[name])]).toEqual([name, places(zh[name])])
  })

  test('fills places, and leaves those that nobody filled', () => {
    expect(fill('{n} of {m}', { n: 1 })).toBe('1 of {m}')
  })
})

describe('the tabs', () => {
  const session = (...roles: string[]) => ({ grants: roles.map((role) => ({ role })) }) as unknown as Session

  test('are those of the roles that somebody has', () => {
    expect(tabsFor(session('reader')).map(({ name }) => name)).toEqual(['read', 'mine', 'all'])
    expect(tabsFor(session('reviewer')).map(({ name }) => name)).toEqual([
      'before_release', 'sampled', 'escalated', 'disputed', 'mine', 'all',
    ])
    expect(tabsFor(session('quality_manager')).map(({ name }) => name)).toEqual(['mine', 'all'])
  })

  test('offer the next case to those who read, verify or review', () => {
    expect(takesCases(session('verifier'))).toBe(true)
    expect(takesCases(session('technician', 'clinician'))).toBe(false)
  })
})

describe('keys', () => {
  test('mean a window or a tool over the pictures, nothing with Ctrl', () => {
    expect(imageKeyOf(key('1'), presetsFor('CT'))).toEqual({ kind: 'window', window: { center: -600, width: 1500 } })
    expect(imageKeyOf(key('1'), presetsFor('DX'))).toBeNull()
    expect(imageKeyOf(key('M'), [])).toEqual({ kind: 'tool', tool: 'length' })
    expect(imageKeyOf(key('i', true), [])).toBeNull()
  })

  test('save and decide from within a text, where letters are letters', () => {
    expect(deskCommandOf(key('s', true), true)).toBe('save')
    expect(deskCommandOf(key('Enter', true), true)).toBe('decide')
    expect(deskCommandOf(key('?'), true)).toBeNull()
    expect(deskCommandOf(key('?'), false)).toBe('help')
  })
})

describe('templates', () => {
  test('that fit the body part come first', () => {
    expect(templatesFor('DX', 'hand').map(({ id }) => id)).toEqual(['limb', 'chest', 'spine'])
    expect(templatesFor('CT', 'HEAD')[0]?.id).toBe('ct-head')
    expect(templatesFor('US', 'ABDOMEN')).toEqual([])
  })

  test('have texts', () => {
    for (const { findings, impression } of TEMPLATES) expect(zh[findings] && zh[impression]).toBeTruthy()
  })
})

describe('a judgement', () => {
  test('lacks an outcome, then a score, then words where the report was not agreed to', () => {
    expect(missingOf(NOT_JUDGED)).toBe('outcome')
    expect(missingOf({ outcome: 'agree', score: '', comment: '' })).toBe('score')
    expect(missingOf({ outcome: 'agree', score: '1', comment: '' })).toBeNull()
    expect(missingOf({ outcome: 'amend', score: '2b', comment: ' ' })).toBe('comment')
    expect(missingOf({ outcome: 'send_back', score: '3a', comment: 'effusion' })).toBeNull()
  })
})
