import { expect, test } from 'vitest'
import { OnScreen } from '../src/images/on-screen'

test('a picture is on the screen from when it took the place of the one before', () => {
  const screen = new OnScreen()
  screen.put('a', 'full')

  expect([screen.qualityOf('a'), screen.qualityOf('b')]).toEqual(['full', 'none'])

  screen.put('b', 'partial')

  expect([screen.qualityOf('a'), screen.qualityOf('b')]).toEqual(['none', 'partial'])
})

test('a picture that failed is not taken for the one that is still there, until it comes after all', () => {
  const screen = new OnScreen()
  screen.put('a', 'full')
  screen.fail('b')

  expect([screen.qualityOf('a'), screen.qualityOf('b')]).toEqual(['full', 'failed'])

  screen.put('b', 'full')

  expect(screen.qualityOf('b')).toBe('full')
})

test('a picture that came and could not be drawn has failed', () => {
  const screen = new OnScreen()
  screen.put('a', 'full')
  screen.fail('a')

  expect(screen.qualityOf('a')).toBe('failed')
})

test('nothing is left of the series before', () => {
  const screen = new OnScreen()
  screen.put('a', 'full')
  screen.fail('b')
  screen.clear()

  expect([screen.qualityOf('a'), screen.qualityOf('b')]).toEqual(['none', 'none'])
})
