/**
 * What a person set for themselves. The server keeps it, so that they find it at every machine; the browser keeps a copy,
 * so that it is there at once and without a line. The newest wish of the person counts.
 */
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'

export type SettingName = 'worklist' | 'grids'
export type Value = Readonly<Record<string, unknown>>
export type KeptSetting = { readonly value: Value; readonly revision: number }

const NAMES: readonly SettingName[] = ['worklist', 'grids']
/** Several changes in a row go in one request. */
const PAUSE_MS = 800

type Server = Pick<Office, 'settings' | 'keepSetting'>

/** The settings of whoever has signed in, for what they change. */
export type OwnSettings = Pick<Settings, 'of' | 'set'>

export class Settings {
  private readonly revisions = new Map<SettingName, number>()
  private readonly unsent = new Set<SettingName>()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly server: Server,
    private readonly personId: string,
    /** The server does not take what was set here: told once, and the copy of this browser stands. */
    private readonly onRefused: (problem: Problem) => void,
  ) {
    for (const name of NAMES) if (localStorage.getItem(this.unsentKey(name)) !== null) this.unsent.add(name)
  }

  /** Takes what the server has; what this browser alone has goes there. Without a line the copies stand. */
  async learn(): Promise<void> {
    try {
      const kept = await this.server.settings()
      for (const name of NAMES) {
        const there = kept[name]
        this.revisions.set(name, there?.revision ?? 0)
        if (there && !this.unsent.has(name)) localStorage.setItem(this.keyOf(name), JSON.stringify(there.value))
        if (!there && localStorage.getItem(this.keyOf(name)) !== null) this.unsent.add(name)
      }
      await this.send()
    } catch (error) {
      if (error instanceof Problem) return this.refused(error)
      if (!(error instanceof Unreachable)) throw error
      // without a line the copies of this browser stand, and go there with the next change
    }
  }

  /** Empty where nothing legible was set. */
  of(name: SettingName): Value {
    return legible(localStorage.getItem(this.keyOf(name)))
  }

  set(name: SettingName, value: Value): void {
    localStorage.setItem(this.keyOf(name), JSON.stringify(value))
    localStorage.setItem(this.unsentKey(name), '')
    this.unsent.add(name)
    this.sendSoon()
  }

  /** Changed on another machine at the same moment: what the person wants here goes there on top of it. */
  private refused(problem: Problem): void {
    if (problem.slug === 'stale') this.sendSoon()
    else this.onRefused(problem)
  }

  private sendSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.learn(), PAUSE_MS)
  }

  private async send(): Promise<void> {
    for (const name of [...this.unsent]) {
      const value = this.of(name)
      const { revision } = await this.server.keepSetting(name, value, this.revisions.get(name) ?? 0)
      this.revisions.set(name, revision)
      if (JSON.stringify(value) !== JSON.stringify(this.of(name))) continue // it was changed again meanwhile
      localStorage.removeItem(this.unsentKey(name))
      this.unsent.delete(name)
    }
  }

  private keyOf(name: SettingName): string {
    return `tierread.${name}.${this.personId}`
  }

  private unsentKey(name: SettingName): string {
    return `tierread.unsent.${name}.${this.personId}`
  }
}

function legible(text: string | null): Value {
  try {
    const said: unknown = JSON.parse(text ?? '{}')
    return typeof said === 'object' && said !== null ? (said as Value) : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {} // somebody else wrote there
    throw error
  }
}
