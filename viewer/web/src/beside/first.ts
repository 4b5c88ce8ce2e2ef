/**
 * The window with the case, as it tells the one beside it what to show. It claims, writes and decides; the other shows
 * pictures, and hands back what was seen and drawn there.
 */
import type { MarkChange } from '../api/marks'
import type { Drawn } from '../images/shown-series'
import {
  channelOf,
  type KeyPicture,
  type OfBoth,
  type OfFirst,
  type OfFirsts,
  type OfSecond,
  type ToldCase,
} from './messages'
import { openBeside } from './opening'

const ID = 'tierread.beside'
const IS_OPEN = 'tierread.beside.open'

/** The desk with its case. */
export type Bench = {
  /** Undefined before the case is known. */
  told(): ToldCase | undefined
  /** All that was seen of it until now. */
  drawn(): readonly Drawn[]
  onDrawn(drawn: readonly Drawn[]): void
  onMarks(change: MarkChange): void
  onKey(picture: KeyPicture): void
  onLinked(said: OfBoth): void
  onStir(): void
  /** The second window has just been told of all. */
  onAsked(): void
  onChange(): void
}

export class FirstWindow {
  private channel: BroadcastChannel | undefined
  private bench: Bench | undefined
  private person = ''
  private said = ''
  private of = ''
  /** Of this page alone: what the session keeps of a tab, a duplicate of it has too. */
  private readonly page = random()

  constructor(private readonly kept: () => Storage = () => sessionStorage) {}

  /** Of this person; a window that was open before the page was loaded anew goes on. */
  begin(person: string): void {
    if (this.person && this.person !== person) this.lock()
    this.person = person
    if (this.kept().getItem(ID)) this.listen()
  }

  get isOpen(): boolean {
    return this.kept().getItem(IS_OPEN) === 'yes'
  }

  /** False where the browser blocks it. */
  open(): boolean {
    if (!openBeside(this.id)) return false
    this.kept().setItem(IS_OPEN, 'yes')
    this.listen()
    this.bench?.onChange()
    return true
  }

  /** This desk is the one now. */
  take(bench: Bench): void {
    this.bench = bench
    this.tell()
  }

  /** It has left its case. */
  leave(bench: Bench): void {
    if (this.bench !== bench) return
    this.bench = undefined
    this.said = this.of = ''
    this.post({ kind: 'none' })
  }

  /** Something of the case may be another now. */
  tell(asked = false): void {
    const now = this.isOpen ? this.bench?.told() : undefined
    if (!this.isOpen) return
    if (!now || !this.bench) return asked ? this.post({ kind: 'none' }) : undefined
    const said = JSON.stringify(now)
    if (said === this.said && !asked) return
    const of = `${now.caseId} ${now.imageSet}`
    const drawn = of === this.of && !asked ? [] : this.bench.drawn()
    this.said = said
    this.of = of
    this.post({ kind: 'case', person: this.person, now, drawn })
  }

  say(said: OfBoth): void {
    if (this.isOpen) this.post(said)
  }

  /** The session has ended, or its person locked it. */
  lock(): void {
    this.said = this.of = ''
    this.post({ kind: 'lock' })
  }

  private get id(): string {
    const kept = this.kept().getItem(ID)
    if (kept) return kept
    const made = random()
    this.kept().setItem(ID, made)
    return made
  }

  private listen(): void {
    if (this.channel) return
    this.channel = new BroadcastChannel(channelOf(this.id))
    this.channel.onmessage = ({ data }: MessageEvent<OfSecond | OfFirsts>) => this.hear(data)
    this.post({ kind: 'first', page: this.page })
  }

  /** The tab was duplicated: its second window stays with the page that was there before, and this one has none yet. */
  private move(): void {
    this.post({ kind: 'moved' })
    this.channel?.close()
    this.channel = undefined
    this.kept().removeItem(ID)
    this.kept().removeItem(IS_OPEN)
    this.said = this.of = ''
    this.bench?.onChange()
  }

  private hear(said: OfSecond | OfFirsts): void {
    const { bench } = this
    if (said.kind === 'first') return this.post({ kind: 'taken', page: said.page })
    if (said.kind === 'taken') return said.page === this.page ? this.move() : undefined
    if (said.kind === 'hello') {
      this.kept().setItem(IS_OPEN, 'yes')
      if (!said.asks) return this.post({ kind: 'here' })
      this.tell(true)
      return bench?.onAsked()
    }
    if (said.kind === 'closed') {
      this.kept().removeItem(IS_OPEN)
      return bench?.onChange()
    }
    if (said.kind === 'stir') return bench?.onStir()
    if (said.kind === 'place' || said.kind === 'window') return bench?.onLinked(said)
    const told = bench?.told()
    if (!bench || !told || said.caseId !== told.caseId) return // of a case that was left meanwhile
    if (said.kind === 'drawn' && said.imageSet === told.imageSet) bench.onDrawn(said.drawn)
    if (said.kind === 'marks') bench.onMarks(said.change)
    if (said.kind === 'key') bench.onKey(said.picture)
  }

  private post(said: OfFirst): void {
    this.channel?.postMessage(said)
  }
}

const random = (): string =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The one of this page. */
export const firstWindow = new FirstWindow()
