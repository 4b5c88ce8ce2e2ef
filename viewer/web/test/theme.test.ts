import { expect, test } from 'vitest'
import { themeOfCookies } from '../src/theme'

test.each([
  ['', 'light'],
  ['tierread_theme=dark', 'dark'],
  ['tierread_language=en; tierread_theme=dark; a=b', 'dark'],
  ['tierread_theme=light', 'light'],
  ['tierread_theme=darker', 'light'],
  ['not_tierread_theme=dark', 'light'],
])('the theme of the cookies %j is %s', (cookies, theme) => {
  expect(themeOfCookies(cookies)).toBe(theme)
})
