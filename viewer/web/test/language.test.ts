import { describe, expect, test } from 'vitest'
import en from '../../locale/en.json'
import zh from '../../locale/zh.json'
import { fill, languageOfCookies } from '../src/language'

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
    for (const name of Object.keys(zh) as (keyof typeof zh)[])
      expect([name, places(en[name])]).toEqual([name, places(zh[name])])
  })

  test('fills places, and leaves those that nobody filled', () => {
    expect(fill('{n} of {m}', { n: 1 })).toBe('1 of {m}')
  })
})
