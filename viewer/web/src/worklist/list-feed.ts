/** The rows of a list as somebody reads them: fetched where the server has others, told where they may not move. */
import { Problem, Unreachable } from '../api/problem'
import type { Tagged } from '../api/client'
import type { CasePage } from '../api/worklist'
import { wordsFor } from '../shell/trouble'
import { differs, inPlace, rowsOf, type Row } from './arrivals'

type Source = {
  /** The list that is asked for; nothing where it is the one with this tag. */
  readonly fetch: (known: string) => Promise<Tagged<CasePage> | undefined>
  /** Nobody is reading a row. */
  readonly isCalm: () => boolean
  readonly changed: () => void
}

export class ListFeed {
  cases: CasePage | undefined
  rows: readonly Row[] = []
  /** The list as it is now, where its rows are not the ones on the screen. */
  newer: CasePage | undefined
  /** How many of its cases are not on the screen. */
  fresh = 0
  failure: string | undefined
  fetchedAt: Date | undefined
  /** Names by code, of all sites that were on the screen. */
  readonly sites = new Map<string, string>()
  private tag = ''
  private asked = 0

  constructor(private readonly source: Source) {}

  /** What is asked for from now on is another list. */
  forget(): void {
    this.asked++
    this.tag = ''
  }

  /**
   * Whoever asked sees the list; what comes by itself keeps its place until nobody reads it. Another list was asked for,
   * whoever asks first: the pulse may, while somebody still types whom they seek.
   */
  async refresh(why: 'asked' | 'by itself'): Promise<void> {
    const asked = ++this.asked
    const known = this.tag
    try {
      const found = await this.source.fetch(known)
      if (asked !== this.asked) return // a later question is under way
      if (found) this.take(found, known === '' ? 'asked' : why)
      else if (this.newer && this.source.isCalm()) this.showNewer()
      this.failure = undefined
      this.fetchedAt = new Date()
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked === this.asked) this.failure = wordsFor(error)
    }
    this.source.changed()
  }

  showNewer(): void {
    if (this.newer) this.show(this.newer)
  }

  private take({ tag, answer }: Tagged<CasePage>, why: 'asked' | 'by itself'): void {
    this.tag = tag
    for (const { site } of answer.items) this.sites.set(site.code, site.name)
    const stays = why === 'by itself' && this.cases && !this.source.isCalm() && differs(this.rows, answer.items)
    if (!stays) return this.show(answer)
    const { rows, fresh } = inPlace(this.rows, answer.items)
    this.cases = answer
    this.rows = rows
    this.newer = answer
    this.fresh = fresh
  }

  private show(page: CasePage): void {
    this.cases = page
    this.rows = rowsOf(page.items)
    this.newer = undefined
    this.fresh = 0
  }
}
