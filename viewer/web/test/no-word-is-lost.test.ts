/**
 * No typed word is lost: a person types on two pages while lines drop, answers are lost, pages are killed and opened again,
 * and another person takes the case and writes. After every step each word lies on the server or in the browser; at the
 * end, when all is quiet again, the server has them all, save those that the person chose away between two texts.
 */
import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { FormKeeper } from '../src/keeping/form-keeper'
import { merged, textOf, type Field } from '../src/keeping/merge'
import { Shelf } from '../src/keeping/shelf'
import { Locks, written } from './browser'

type Form = { readonly findings: string; readonly impression: string }
const FIELDS: readonly Field<Form>[] = [
  textOf('findings', 'report.findings'),
  textOf('impression', 'report.impression'),
]
const NAMES = ['findings', 'impression'] as const
const KIND = { same: (a: Form, b: Form): boolean => a.findings === b.findings && a.impression === b.impression }
const PLACE = { caseId: 'C1', form: 'report/read' }

const wordsIn = (...forms: readonly Form[]): Set<string> =>
  new Set(forms.flatMap((form) => [...`${form.findings} ${form.impression}`.matchAll(/w\d+/g)].map(([word]) => word)))

/** Mulberry32: the same numbers for the same seed. */
function chanceOf(seed: number) {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (most: number): number => Math.floor(next() * most),
    of: <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)] as T,
  }
}
type Chance = ReturnType<typeof chanceOf>

class Server {
  draft = { words: { findings: '', impression: '' }, revision: 0, savedAt: null }
  line = true
  holder: 'ada' | 'ben' = 'ada'

  constructor(private readonly chance: Chance) {}

  /** A request or an answer on its way; either may be lost. */
  private async travels(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.chance.below(800)))
    if (!this.line) throw new Unreachable('no answer')
  }

  async save(words: Form, revision: number): Promise<{ revision: number; saved_at: string }> {
    await this.travels()
    if (this.holder !== 'ada' || revision !== this.draft.revision) throw new Problem(409, 'stale', {})
    this.write(words)
    await this.travels()
    return { revision: revision + 1, saved_at: '2026-11-21T08:00:00Z' }
  }

  async look() {
    await this.travels()
    return this.holder === 'ada' ? this.draft : null
  }

  write(words: Form): void {
    this.draft = { words, revision: this.draft.revision + 1, savedAt: null }
  }
}

class Page {
  private shelf: Shelf
  private die: () => void
  keeper: FormKeeper<Form> | undefined

  constructor(
    private readonly locks: Locks,
    private readonly server: Server,
  ) {
    ;({ shelf: this.shelf, die: this.die } = this.born())
  }

  private born(): { shelf: Shelf; die: () => void } {
    const { locks, kill } = this.locks.ofPage()
    return { shelf: new Shelf('ada', locks), die: kill }
  }

  async open(): Promise<void> {
    if (this.keeper || !this.server.line) return
    let alive = true
    const hears = { onChange: () => undefined, onRefused: () => undefined, onRestored: () => undefined }
    const whileAlive = <T>(answer: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) =>
        answer.then(
          (value) => alive && resolve(value),
          (error) => alive && reject(error),
        ),
      )
    const server = {
      save: (words: Form, revision: number) => whileAlive(this.server.save(words, revision)),
      look: () => whileAlive(this.server.look()),
    }
    const inHand = this.server.holder === 'ada'
    this.keeper = new FormKeeper(KIND, this.shelf, PLACE, this.server.draft, hears, server, inHand)
    this.dies = () => (alive = false)
    this.keeper.offer(await this.shelf.left('C1'))
  }

  private dies = (): unknown => undefined

  /** The renderer is gone: nothing of it answers any more. */
  kill(): void {
    this.dies()
    this.keeper?.close()
    this.keeper = undefined
    this.die()
    ;({ shelf: this.shelf, die: this.die } = this.born())
  }

  /** Another case opens on the same page; words that are unsent stay in the browser. */
  leave(): void {
    void this.keeper?.settle()
    this.keeper?.close()
    this.keeper = undefined
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  globalThis.indexedDB = new IDBFactory()
})
afterEach(() => void vi.useRealTimers())

class World {
  private readonly chance: Chance
  private readonly server: Server
  private readonly pages: readonly Page[]
  private readonly browser = new Shelf('ada', new Locks().ofPage().locks)
  private readonly needed = new Set<string>()
  private count = 0

  constructor(seed: number) {
    this.chance = chanceOf(seed)
    this.server = new Server(this.chance)
    const locks = new Locks()
    this.pages = [new Page(locks, this.server), new Page(locks, this.server)]
  }

  private withWord(form: Form): Form {
    const word = `w${++this.count}`
    this.needed.add(word)
    const name = this.chance.of(NAMES)
    return { ...form, [name]: `${form[name]} ${word}`.trim() }
  }

  private merge({ keeper }: Page): void {
    const other = keeper?.state.other
    if (!keeper || !other) return
    const mine = keeper.state.words
    const choices = Object.fromEntries(NAMES.map((name) => [name, this.chance.of(['mine', 'theirs', 'both', 'both'])]))
    const words = merged(FIELDS, mine, other.words, choices)
    const stands = wordsIn(words)
    for (const word of wordsIn(mine, other.words)) if (!stands.has(word)) this.needed.delete(word)
    keeper.merge(words, other)
  }

  /** Other copies may still hold what was chosen away, and nobody needs that. */
  private readonly steps: readonly ((page: Page) => unknown)[] = [
    ...Array<(page: Page) => unknown>(6).fill(({ keeper }) => keeper?.edit(this.withWord(keeper.state.words))),
    () => vi.advanceTimersByTimeAsync(this.chance.below(1_500)),
    () => vi.advanceTimersByTimeAsync(this.chance.below(20_000)),
    () => (this.server.line = !this.server.line),
    () => (this.server.holder = 'ben'),
    () => this.server.holder === 'ben' && this.server.write(this.withWord(this.server.draft.words)),
    ({ keeper }) => keeper?.letGo(),
    (page) => this.takesAgain(page),
    (page) => this.takesAgain(page),
    (page) => this.merge(page),
    (page) => page.kill(),
    (page) => page.leave(),
    (page) => page.open(),
    (page) => page.open(),
    ({ keeper }) => keeper?.retry(),
  ]

  private takesAgain({ keeper }: Page): void {
    if (!this.server.line) return
    this.server.holder = 'ada'
    keeper?.meet(this.server.draft)
  }

  async step(): Promise<void> {
    await this.chance.of(this.steps)(this.chance.of(this.pages))
    await written()
    expect(await this.lacking(), 'neither on the server nor in the browser').toEqual([])
  }

  private async lacking(): Promise<readonly string[]> {
    const copies = (await this.browser.left('C1')).map(({ words }) => words as Form)
    const lie = wordsIn(this.server.draft.words, ...copies)
    return [...this.needed].filter((word) => !lie.has(word))
  }

  /** The line is back, and the person goes on with both pages until nothing is left to do. */
  async quiet(): Promise<void> {
    this.server.line = true
    for (let round = 0; round < 12; round++)
      for (const page of this.pages) {
        await page.open()
        await written()
        this.takesAgain(page)
        this.merge(page)
        await vi.advanceTimersByTimeAsync(40_000)
        await written()
      }
    const standing = wordsIn(this.server.draft.words)
    expect(
      [...this.needed].filter((word) => !standing.has(word)),
      'not on the server',
    ).toEqual([])
    expect(await this.browser.count(), 'copies left in the browser').toBe(0)
  }
}

test.each(Array.from({ length: 30 }, (_, seed) => seed))('no word is lost, seed %i', async (seed) => {
  const world = new World(seed)
  for (let step = 0; step < 50; step++) await world.step()
  await world.quiet()
})
