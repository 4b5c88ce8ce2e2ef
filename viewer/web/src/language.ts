/** The language of the page and its texts: the catalogues that the server's pages use too (viewer/locale). */
import en from '../../locale/en.json'
import zh from '../../locale/zh.json'

export type Language = 'zh' | 'en'
export type TextKey = keyof typeof zh & keyof typeof en

const CATALOGUES: Record<Language, Readonly<Record<string, string>>> = { zh, en }
const COOKIE = 'tierread_language'
const YEAR_SECONDS = 365 * 24 * 3600

/** Fired on window when the person chose another language. */
export const LANGUAGE_CHANGED = 'tierread-language'

let current: Language = languageOfCookies(typeof document === 'undefined' ? '' : document.cookie)

export function languageOfCookies(cookies: string): Language {
  return /(?:^|;\s*)tierread_language=en(?:;|$)/.test(cookies) ? 'en' : 'zh'
}

export const language = (): Language => current

export function chooseLanguage(chosen: Language): void {
  current = chosen
  document.cookie = `${COOKIE}=${chosen}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
  declareLanguage()
  window.dispatchEvent(new Event(LANGUAGE_CHANGED))
}

/** Tells the browser, and with it a screen reader, which language the page is in. */
export function declareLanguage(): void {
  document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en'
}

/** The text of a key with its {places} filled. */
export function text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(CATALOGUES[current][key] ?? key, values)
}

export function fill(pattern: string, values: Readonly<Record<string, string | number>>): string {
  return pattern.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
}

/** The text of a code that the server may grow before this page does: the code itself where no text is known. */
export function named(prefix: string, code: string): string {
  return CATALOGUES[current][`${prefix}.${code}`] ?? code
}

const two = (number: number): string => String(number).padStart(2, '0')

/** The one form of times for whoever is at work, in either language, as on the pages of the server: 2026-03-02 16:05. */
export const dateAndTime = (iso: string): string => `${day(iso)} ${hour(iso)}`

export const clock = (iso: string): string => `${hour(iso)}:${two(new Date(iso).getSeconds())}`

/** Hour and minute, for what nobody needs to the second. */
export function hour(iso: string): string {
  const at = new Date(iso)
  return `${two(at.getHours())}:${two(at.getMinutes())}`
}

export function day(iso: string): string {
  const at = new Date(iso)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
