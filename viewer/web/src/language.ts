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

const localeTag = () => (current === 'zh' ? 'zh-CN' : 'en-GB')

export function dateAndTime(iso: string): string {
  return new Intl.DateTimeFormat(localeTag(), {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  }).format(new Date(iso))
}

export function clock(iso: string): string {
  return new Intl.DateTimeFormat(localeTag(), {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  }).format(new Date(iso))
}

/** Hour and minute, for what nobody needs to the second. */
export function hour(iso: string): string {
  return new Intl.DateTimeFormat(localeTag(), { hour: '2-digit', minute: '2-digit', hour12: false }).format(
    new Date(iso),
  )
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(localeTag(), { year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(iso),
  )
}
