/** Copies of half-filled forms in this browser (IndexedDB): by person, case and form, and by the page that wrote them. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'

const DATABASE = 'tierread'
const LOCKS = 'tierread-page-'
/** After so long nobody comes back for what they left. */
export const KEPT_FOR_MS = 14 * 24 * 3600 * 1000

export type Copy = {
  readonly person: string
  readonly case: string
  readonly form: string
  /** Of one form on one page: two windows never write over each other. */
  readonly copy: string
  readonly page: string
  readonly words: unknown
  /** Of what the server had when they were typed. */
  readonly revision: number
  readonly at: string
}

type Key = [person: string, caseId: string, form: string, copy: string]
interface Schema extends DBSchema {
  forms: { key: Key; value: Copy }
}

/** A list is greater than any text (Indexed Database API 3.0, 2.4): the range ends behind all that begins so. */
const under = (...beginning: readonly string[]): IDBKeyRange => IDBKeyRange.bound([...beginning], [...beginning, []])
const keyOf = ({ person, case: caseId, form, copy }: Copy): Key => [person, caseId, form, copy]

const random = (): string => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36)).join('')

export class Shelf {
  /** This page; its lock tells other pages that it still stands open. */
  private readonly page = random()
  private readonly open = new Set<string>()
  private readonly database: Promise<IDBPDatabase<Schema> | undefined>
  /** Where the browser keeps nothing (a private window, a full disk): for as long as the page stands. */
  private readonly memory = new Map<string, Copy>()
  /** Whether copies outlive the page. */
  lasting = true

  constructor(
    readonly person: string,
    private readonly locks: LockManager | undefined = globalThis.navigator?.locks,
    private readonly now_ms: () => number = Date.now,
  ) {
    void locks
      ?.request(LOCKS + this.page, { mode: 'shared' }, () => new Promise(() => undefined))
      .catch(() => undefined)
    this.database = openDB<Schema>(DATABASE, 1, {
      upgrade: (made) => void made.createObjectStore('forms', { keyPath: ['person', 'case', 'form', 'copy'] }),
    }).catch(() => this.lacks())
    void this.prune()
  }

  /** A new place for a form of this page. */
  slot(caseId: string, form: string): Slot {
    const copy = random()
    this.open.add(copy)
    const { person, page } = this
    return new Slot(this, { person, case: caseId, form, copy, page, words: undefined, revision: 0, at: '' })
  }

  /** What was left behind of a case: by pages that are gone, or that this one has closed; the oldest first. */
  async left(caseId: string): Promise<readonly Copy[]> {
    const alive = await this.pagesAlive()
    const isOpen = ({ page, copy }: Copy): boolean => (page === this.page ? this.open.has(copy) : alive.has(page))
    const found = (await this.all()).filter((each) => each.case === caseId && !isOpen(each))
    return found.sort((a, b) => a.at.localeCompare(b.at))
  }

  /** How many forms of this person hold words that nobody else has. */
  async count(): Promise<number> {
    return (await this.all()).length
  }

  async put(copy: Copy): Promise<void> {
    const kept = { ...copy, at: new Date(this.now_ms()).toISOString() }
    const database = await this.database
    try {
      await database?.put('forms', kept)
    } catch {
      this.lacks()
    }
    if (!this.lasting) this.memory.set(keyOf(copy).join(), kept)
  }

  async remove(copy: Copy): Promise<void> {
    this.memory.delete(keyOf(copy).join())
    await (await this.database)?.delete('forms', keyOf(copy)).catch(() => undefined)
  }

  /** Signing out: nothing of this person stays in the browser. */
  async clear(): Promise<void> {
    this.memory.clear()
    await (await this.database)?.delete('forms', under(this.person)).catch(() => undefined)
  }

  /** The page of this form is done with it; what it holds is offered to the next one. */
  release(copy: string): void {
    this.open.delete(copy)
  }

  private async all(): Promise<readonly Copy[]> {
    const stored = (await (await this.database)?.getAll('forms', under(this.person)).catch(() => [])) ?? []
    return [...new Map([...stored, ...this.memory.values()].map((each) => [keyOf(each).join(), each])).values()]
  }

  private async prune(): Promise<void> {
    const database = await this.database
    const old = new Date(this.now_ms() - KEPT_FOR_MS).toISOString()
    for (const copy of (await database?.getAll('forms').catch(() => [])) ?? [])
      if (copy.at < old) await this.remove(copy)
  }

  /** Without the lock manager (plain http) every other page counts as gone: its words are offered rather than lost. */
  private async pagesAlive(): Promise<ReadonlySet<string>> {
    const held = (await this.locks?.query().catch(() => undefined))?.held ?? []
    return new Set(held.flatMap(({ name }) => (name?.startsWith(LOCKS) ? [name.slice(LOCKS.length)] : [])))
  }

  private lacks(): undefined {
    this.lasting = false
    return undefined
  }
}

/** The place of one form: writes follow one another, and of many that wait only the newest is written. */
export class Slot {
  private waiting: Copy | null | undefined
  private writing: Promise<void> | undefined
  /** When what stands on the screen was last copied. */
  at: string | null = null

  constructor(
    private readonly shelf: Shelf,
    private readonly empty: Copy,
  ) {}

  get lasting(): boolean {
    return this.shelf.lasting
  }

  keep(words: unknown, revision: number): void {
    this.write({ ...this.empty, words, revision })
  }

  clear(): void {
    if (this.at !== null || this.writing) this.write(null)
  }

  release(): void {
    this.shelf.release(this.empty.copy)
  }

  /** Resolves when all is written. */
  async settled(): Promise<void> {
    await this.writing
  }

  private write(copy: Copy | null): void {
    this.waiting = copy
    this.writing ??= this.writeOn().finally(() => (this.writing = undefined))
  }

  private async writeOn(): Promise<void> {
    while (this.waiting !== undefined) {
      const copy = this.waiting
      this.waiting = undefined
      if (copy) await this.shelf.put(copy)
      else await this.shelf.remove(this.empty)
      this.at = copy ? new Date().toISOString() : null
    }
  }
}
