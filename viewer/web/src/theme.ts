/** How the pages of staff look, light or dark: the choice of a browser, which the server's pages follow too. */
export type Theme = 'light' | 'dark'

const COOKIE = 'tierread_theme'
const YEAR_SECONDS = 365 * 24 * 3600

/** Fired on window when the person chose another theme. */
export const THEME_CHANGED = 'tierread-theme'

export function themeOfCookies(cookies: string): Theme {
  return /(?:^|;\s*)tierread_theme=dark(?:;|$)/.test(cookies) ? 'dark' : 'light'
}

export const otherTheme = (): Theme => (themeOfCookies(document.cookie) === 'dark' ? 'light' : 'dark')

/** Before anything is drawn, and whenever it is chosen. */
export function declareTheme(): void {
  document.documentElement.classList.toggle('dark', themeOfCookies(document.cookie) === 'dark')
}

export function chooseTheme(chosen: Theme): void {
  document.cookie = `${COOKIE}=${chosen}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
  declareTheme()
  window.dispatchEvent(new Event(THEME_CHANGED))
}
