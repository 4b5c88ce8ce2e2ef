/** Windows that a person keeps for a modality, beside those that everybody has: in the menu, and on a key where they want one. */
import type { OwnSettings } from '../keeping/settings'
import type { PresetAct } from '../keys/acts'
import { keys, shownKey } from '../keys/keys'
import { text } from '../language'
import { presetsFor, type Window } from './window-level'

/** What a menu and a key choose; `key` is the number of the act that chooses it, empty where none does. */
export type WindowChoice = { readonly words: string; readonly key: string; readonly window: Window }
export type OwnWindow = { readonly name: string; readonly center: number; readonly width: number; readonly key: string }

export const MOST_WINDOWS = 12
export const LONGEST_NAME = 20
export const WINDOW_KEYS: readonly string[] = ['1', '2', '3', '4', '5']

/** On which key the person has what is chosen by this number. */
export const shownNumber = (number: string): string => number && shownKey(keys.keyOf(`preset-${number}` as PresetAct))

export function ownWindows(settings: Pick<OwnSettings, 'of'>, modality: string): readonly OwnWindow[] {
  const said = settings.of('windows')[modality]
  return Array.isArray(said) ? said.filter(isWindow) : []
}

/** Their own take the key of another one; that stays in the menu. */
export function windowChoices(settings: Pick<OwnSettings, 'of'>, modality: string): readonly WindowChoice[] {
  const own = ownWindows(settings, modality)
  const taken = new Set(own.map(({ key }) => key))
  return [
    ...presetsFor(modality).map(({ name, key, window }) => ({
      words: text(`desk.preset.${name}`),
      key: taken.has(key) ? '' : key,
      window,
    })),
    ...own.map(({ name, center, width, key }) => ({ words: name, key, window: { center, width } })),
  ]
}

/** The same name replaces, and a key is the newest one's. */
export function keepWindow(settings: OwnSettings, modality: string, one: OwnWindow): void {
  const others = ownWindows(settings, modality)
    .filter(({ name }) => name !== one.name)
    .map((each) => (each.key === one.key ? { ...each, key: '' } : each))
  settings.change('windows', { [modality]: [...others, one].slice(-MOST_WINDOWS) })
}

export function dropWindow(settings: OwnSettings, modality: string, name: string): void {
  const left = ownWindows(settings, modality).filter((each) => each.name !== name)
  settings.change('windows', { [modality]: left.length > 0 ? left : undefined })
}

function isWindow(one: unknown): one is OwnWindow {
  const { name, center, width, key } = (one ?? {}) as Partial<Record<keyof OwnWindow, unknown>>
  const isNamed = typeof name === 'string' && typeof key === 'string'
  return isNamed && typeof center === 'number' && typeof width === 'number' && width >= 1
}
