/** The keys of whoever is signed in: as they are shipped, but for those that the person put elsewhere. */
import type { OwnSettings } from '../keeping/settings'
import { GO_ON, roomOf, SHIPPED, type ActName, type Room } from './acts'

export type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** Why a key cannot be given to an act; `taken` by another one. */
export type Refusal =
  { readonly why: 'taken'; readonly by: ActName } | { readonly why: 'fixed' | 'browser' | 'not-one' | 'types' }

/** Before they are given to anything by themselves: with a layout of the keyboard they are the same key as another. */
const ALIASES: Readonly<Record<string, string>> = { '=': '+', Backspace: 'Delete' }
/** The browser goes through the page, and through what is written, by these. */
const FIXED = /^(Shift )?(Home|End|Tab|Escape|Enter| )$|^Shift (Arrow|Page)/
/** With Ctrl: writing, and what browsers do with a key whatever a page says. */
const BROWSERS =
  /^Ctrl (Shift )?([ACFHJLNOPQRTUVWXYZ0-9+=_ -]|Arrow\w+|Page\w+|Home|End|Insert|Backspace|Delete)$|^Ctrl Shift [A-Z]$|^(Ctrl )?F\d+$/
/** Acts of somebody who types: a key without Ctrl would do nothing there. */
const WHILE_TYPING: ReadonlySet<ActName> = new Set<ActName>(['save', 'decide', 'park', 'dictate'])
/** What the server keeps (reading/register/setting_shapes.py); keys of longer names are those of sound and media. */
const KEPT = /^(Ctrl )?(Shift )?\S{1,12}$/
const MODIFIER = /^(Control|Shift|Alt|AltGraph|Meta|CapsLock|Process|Dead|Unidentified)$/

/** As the table writes it: a digit by its place on the keyboard, for with Shift it is another character; empty with Alt. */
export function spelled({ key, code, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string {
  if (altKey || MODIFIER.test(key)) return ''
  const digit = /^Digit(\d)$/.exec(code)?.[1]
  const name = digit ?? (key.length === 1 ? key.toUpperCase() : key)
  const withShift = shiftKey && (/^[A-Z0-9]$/.test(name) || name.length > 1)
  return [ctrlKey || metaKey ? 'Ctrl' : '', withShift ? 'Shift' : '', name].filter(Boolean).join(' ')
}

class Keys {
  private settings: Pick<OwnSettings, 'of' | 'change'> | undefined

  /** From now on they are those of this person. */
  use(settings: Pick<OwnSettings, 'of' | 'change'> | undefined): void {
    this.settings = settings
  }

  /** The acts by key. Where two have one, which two machines can have said, the one that was put there has it, else the first. */
  private byKey(room: Room): ReadonlyMap<string, ActName> {
    const own = this.settings?.of('keys') ?? {}
    const found = new Map<string, ActName>()
    const put = (act: ActName, key: unknown): void => {
      if (typeof key === 'string' && !found.has(key)) found.set(key, act)
    }
    const here = [...SHIPPED].filter(([act]) => roomOf(act) === room)
    for (const [act] of here) put(act, own[act])
    for (const [act, key] of here) if (typeof own[act] !== 'string') put(act, key)
    return found
  }

  /** What the person pressed; undefined where it means nothing there. */
  actOf(pressed: Pressed, room: Room = 'desk'): ActName | undefined {
    const key = spelled(pressed)
    const byKey = this.byKey(room)
    return byKey.get(key) ?? byKey.get(ALIASES[key] ?? '')
  }

  /** Whether a key is held whose act is done once for each press: it is taken, and nothing is done. */
  isHeld(pressed: Pressed & Pick<KeyboardEvent, 'repeat'>, room: Room = 'desk'): boolean {
    const act = this.actOf(pressed, room)
    return pressed.repeat && act !== undefined && !GO_ON.has(act)
  }

  /** Empty where another act has its key by now. */
  keyOf(act: ActName): string {
    return [...this.byKey(roomOf(act))].find(([, each]) => each === act)?.[0] ?? ''
  }

  isChanged(act: ActName): boolean {
    return this.keyOf(act) !== SHIPPED.get(act)
  }

  /** Gives an act another key, or says why not. */
  put(act: ActName, pressed: Pressed): Refusal | undefined {
    const key = spelled(pressed)
    if (key === '') return { why: 'not-one' }
    if (BROWSERS.test(key)) return { why: 'browser' }
    if (WHILE_TYPING.has(act) && !key.startsWith('Ctrl ')) return { why: 'types' }
    if (FIXED.test(key) || !KEPT.test(key)) return { why: 'fixed' }
    const by = this.actOf(pressed, roomOf(act))
    if (by !== undefined && by !== act) return { why: 'taken', by }
    this.settings?.change('keys', { [act]: key === SHIPPED.get(act) ? undefined : key })
    return undefined
  }

  /** The act has the key again that it was shipped with, unless another one has that by now. */
  reset(act: ActName): Refusal | undefined {
    const by = this.byKey(roomOf(act)).get(SHIPPED.get(act) ?? '')
    if (by !== undefined && by !== act) return { why: 'taken', by }
    this.settings?.change('keys', { [act]: undefined })
    return undefined
  }

  resetAll(): void {
    const all = Object.keys(this.settings?.of('keys') ?? {})
    this.settings?.change('keys', Object.fromEntries(all.map((act) => [act, undefined])))
  }
}

/** Those of the page. */
export const keys = new Keys()

const ARROWS: Readonly<Record<string, string>> = {
  ...{ ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' },
  ...{ PageUp: 'PgUp', PageDown: 'PgDn', Delete: 'Del' },
}

/** As it stands on a keyboard. */
export const shownKey = (key: string): string =>
  key
    .split(' ')
    .map((each) => ARROWS[each] ?? each)
    .join(' ')

/** What an act is called where a button stands for it. */
export const withKey = (words: string, act: ActName): string => {
  const key = shownKey(keys.keyOf(act))
  return key ? `${words} (${key})` : words
}
