/**
 * What a person set for themselves. The server keeps it, so that they find it at every machine; the browser keeps a copy,
 * so that it is there at once and without a line. Of each part the newest wish of the person counts, and no other part moves.
 */
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'

export type SettingName = 'worklist' | 'grids' | 'keys' | 'windows' | 'desk'
export type Value = Readonly<Record<string, unknown>>
export type KeptSetting = { readonly value: Value; readonly revision: number }

const NAMES: readonly SettingName[] = ['worklist', 'grids', 'keys', 'windows', 'desk']
/** Several changes in a row go in one request. */
const PAUSE_MS = 800

/** A modality that the server keeps something for (reading/register/setting_shapes.py): not that of a series that names none. */
export const isModality = (named: string): boolean => /^[A-Z0-9_]{1,16}$/.test(named)

type Server = Pick<Office, 'settings' | 'keepSetting'>

/** The settings of whoever has signed in, for what they change. */
export type OwnSettings = Pick<Settings, 'of' | 'change' | 'watch'>

export class Settings {
  private readonly revisions = new Map<SettingName, number>()
  private readonly watchers = new Set<() => void>()
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly server: Server,
    private readonly personId: string,
    /** The server does not take what was set here: told once, and the copy of this browser stands. */
    private readonly onRefused: (problem: Problem) => void,
  ) {}

  /** Takes what the server has, and lays on top of it what was changed here; that goes there. Without a line the copies stand. */
  async learn(): Promise<void> {
    try {
      const kept = await this.server.settings()
      for (const name of NAMES) this.take(name, kept[name])
      await this.send(kept)
    } catch (error) {
      if (error instanceof Problem) return this.onRefused(error)
      if (!(error instanceof Unreachable)) throw error
      // without a line the copies of this browser stand, and go there with the next change
    }
  }

  /** Empty where nothing legible was set. */
  of(name: SettingName): Value {
    return legible(localStorage.getItem(this.keyOf(name)))
  }

  /** Changes these parts of a setting; undefined takes a part away. */
  change(name: SettingName, parts: Value): void {
    const gone = Object.entries(parts).map(([part, value]) => [part, value ?? null] as const)
    const unsent = { ...this.unsentOf(name), ...Object.fromEntries(gone) }
    localStorage.setItem(this.unsentKey(name), JSON.stringify(unsent))
    this.copy(name, changed(this.of(name), unsent))
    this.tell()
    this.sendSoon()
  }

  /** Tells when something is set, here or elsewhere, until `ended` is aborted. */
  watch(watcher: () => void, ended: AbortSignal): void {
    this.watchers.add(watcher)
    ended.addEventListener('abort', () => this.watchers.delete(watcher))
  }

  private take(name: SettingName, there: KeptSetting | undefined): void {
    const revision = there?.revision ?? 0
    if (revision < (this.revisions.get(name) ?? 0)) return // an answer that was overtaken by what went there since
    this.revisions.set(name, revision)
    const before = this.of(name)
    const isHereAlone = !there && Object.keys(before).length > 0 && this.unsentOf(name) === undefined
    if (isHereAlone) localStorage.setItem(this.unsentKey(name), JSON.stringify(before))
    const now = changed(there?.value ?? {}, this.unsentOf(name))
    if (JSON.stringify(now) === JSON.stringify(before)) return
    this.copy(name, now)
    this.tell()
  }

  private sendSoon(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.learn(), PAUSE_MS)
  }

  /** Each by itself: one that is refused keeps no other one back. */
  private async send(kept: Partial<Readonly<Record<SettingName, KeptSetting>>>): Promise<void> {
    const problems: Problem[] = []
    for (const name of NAMES) {
      try {
        await this.sendOne(name)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        problems.push(error)
        if (error.slug === 'invalid') this.drop(name, kept[name])
      }
    }
    const first = problems.find(({ slug }) => slug !== 'stale')
    // Changed on another machine at the same moment: what the person wants here goes there on top of it.
    if (problems.some(({ slug }) => slug === 'stale')) this.sendSoon()
    if (first) this.onRefused(first)
  }

  private async sendOne(name: SettingName): Promise<void> {
    const unsent = localStorage.getItem(this.unsentKey(name))
    if (unsent === null) return
    const { revision } = await this.server.keepSetting(name, this.of(name), this.revisions.get(name) ?? 0)
    this.revisions.set(name, revision)
    const isAll = unsent === localStorage.getItem(this.unsentKey(name)) // else it was changed again meanwhile
    if (isAll) localStorage.removeItem(this.unsentKey(name))
  }

  /** The server will never take what was set here: its own stands again. */
  private drop(name: SettingName, there: KeptSetting | undefined): void {
    localStorage.removeItem(this.unsentKey(name))
    this.copy(name, there?.value ?? {})
    this.tell()
  }

  /** The parts that were changed here and that the server has not, null for those that were taken away. */
  private unsentOf(name: SettingName): Value | undefined {
    const unsent = localStorage.getItem(this.unsentKey(name))
    if (unsent === '') return this.of(name) // as it was written before parts were told apart
    return unsent === null ? undefined : legible(unsent)
  }

  private copy(name: SettingName, value: Value): void {
    localStorage.setItem(this.keyOf(name), JSON.stringify(value))
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher()
  }

  private keyOf(name: SettingName): string {
    return `tierread.${name}.${this.personId}`
  }

  private unsentKey(name: SettingName): string {
    return `tierread.unsent.${name}.${this.personId}`
  }
}

const changed = (value: Value, parts: Value = {}): Value =>
  Object.fromEntries(Object.entries({ ...value, ...parts }).filter(([, part]) => part !== null))

function legible(text: string | null): Value {
  try {
    const said: unknown = JSON.parse(text ?? '{}')
    return typeof said === 'object' && said !== null ? (said as Value) : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {} // somebody else wrote there
    throw error
  }
}
