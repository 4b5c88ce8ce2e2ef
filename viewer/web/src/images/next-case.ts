/**
 * The case that its reader is handed next. Once all of the present one is at hand, the first pictures of its hanging come into
 * the browser's cache under their digests, and its metadata with them; behind them those of the earlier case that is nearest to
 * it, as they stand beside it. Nothing of it is claimed, shown or held here, and it gives way to every other picture.
 */
import { AHEAD, type Client } from '../api/client'
import { Problem, Unreachable } from '../api/problem'
import type { Foreseen } from '../api/worklist'
import type { OwnSettings } from '../keeping/settings'
import { NoPicture } from './faults'
import { chosenGrid } from './layout/chosen-grids'
import { SeriesContents } from './layout/contents'
import { openingPlace } from './layout/opening-place'
import { withEarlier } from './layout/earlier'
import { opened, type Placed } from './layout/placing'
import type { Picture } from './pictures'
import { deskLine } from './retrieval/desk-line'
import { answerTo, askedFor } from './retrieval/frame-request'
import { forgetCached, isCached, noteCached } from './retrieval/in-cache'
import { Dropped } from './retrieval/line'
import { Unanswered } from './retrieval/tries'
import { wishes, type Seat } from './retrieval/wishes'
import { apart, seriesOf } from './series'

export const MOST_PICTURES = 120
/** While one case is read; somebody else may be handed what was fetched, and then the next one is fetched. */
export const MOST_BYTES = 64 * 1024 * 1024
const AGAIN_MS = 60_000

export type NextSource = {
  /** The case that is read now; undefined where the person reads none. */
  present(): string | undefined
  client(): Client
  settings(): OwnSettings
  /** Whether there is room for one cell alone. */
  narrow(): boolean
  foresee(): Promise<Foreseen | undefined>
}

/**
 * The pictures that its cells begin with, and those around them, as far as they are fetched; behind them the same of the
 * earlier case, in the cells that it gets beside the other one.
 */
export async function firstPictures(
  client: Client,
  settings: OwnSettings,
  { studies, earlier }: Foreseen,
  narrow: boolean,
): Promise<readonly Picture[]> {
  const contents = new SeriesContents(client, () => '')
  const { series } = apart(await seriesOf(client, studies))
  const items = await contents.hangables(series)
  const grid = series[0] && chosenGrid(settings, series[0].modality)
  const placed = opened(narrow ? items.slice(0, 1) : items, grid)
  const now = wishes(await seatsOf(placed.cells, contents), []).slice(0, MOST_PICTURES)
  if (earlier.length === 0 || now.length === MOST_PICTURES) return now
  const before = await contents.hangables(apart(await seriesOf(client, earlier)).series)
  const cells = withEarlier(placed, items, before).cells.filter((cell) => !placed.cells.includes(cell))
  return [...now, ...wishes(await seatsOf(cells, contents), [])].slice(0, MOST_PICTURES)
}

const seatsOf = (cells: Placed['cells'], contents: SeriesContents): Promise<Seat[]> =>
  Promise.all(
    cells
      .flatMap((cell) => (cell ? [cell] : []))
      .map(async (cell): Promise<Seat> => {
        const { pictures } = await contents.of(cell.series)
        const index = openingPlace(pictures, cell, { shown: undefined, isMade: false })
        return { pictures, index: pictures[index] ? index : 0, direction: 1 }
      }),
  )

export class NextCase {
  private of: string | undefined
  private readonly fetched = new Set<string>()
  private bytes = 0
  private busy = false
  private askedAt = 0

  constructor(private readonly source: NextSource) {}

  /** Until `ended` is aborted. */
  start(ended: AbortSignal): void {
    const again = setInterval(() => void this.begin(), AGAIN_MS)
    deskLine.whenAtHand(() => void this.begin(), ended)
    ended.addEventListener('abort', () => {
      clearInterval(again)
      this.stop()
    })
  }

  /** Another case is read, or none. */
  stop(): void {
    this.of = undefined
    deskLine.line.bringLater([])
  }

  private async begin(): Promise<void> {
    const present = this.source.present()
    if (this.busy || !present || !deskLine.isAtHand || isUnwanted()) return
    if (this.of !== present) {
      this.of = present
      this.askedAt = 0
      this.bytes = 0
      this.fetched.clear()
      forgetCached()
    }
    if (this.bytes > MOST_BYTES || Date.now() - this.askedAt < AGAIN_MS) return
    this.askedAt = Date.now()
    this.busy = true
    try {
      const next = await this.source.foresee()
      if (next && !this.fetched.has(next.id) && this.of === present) await this.fetch(next, present)
    } catch (error) {
      const isUsual = [Problem, Unreachable, Dropped, Unanswered, NoPicture].some((kind) => error instanceof kind)
      if (!isUsual) throw error // else it is fetched when it is opened
    } finally {
      this.busy = false
    }
  }

  private async fetch(next: Foreseen, present: string): Promise<void> {
    const { source } = this
    const hung = await firstPictures(source.client().ahead(), source.settings(), next, source.narrow())
    // Those without a digest are asked for anew each time; those that came before the fetch was broken off are there.
    const pictures = hung.filter((picture) => picture.digest !== '' && !isCached(picture))
    if (this.of !== present) return
    deskLine.line.bringLater(pictures.map(({ imageId }) => imageId))
    for (const picture of pictures) {
      if (this.bytes > MOST_BYTES || this.of !== present || isUnwanted()) return
      this.bytes += await deskLine.line.bring(picture.imageId, async (turn) => {
        const answer = await answerTo(askedFor(picture), turn, AHEAD)
        return answer.arrayBuffer().then(
          ({ byteLength }) => byteLength,
          (error: unknown) => Promise.reject(turn.signal.aborted ? error : new Unanswered('broken off')),
        )
      })
      noteCached(picture)
    }
    this.fetched.add(next.id)
  }
}

/** Nobody looks at the page, or they want few bytes. */
const isUnwanted = (): boolean => document.hidden || savesData()

/** The person, or their browser, wants few bytes. */
const savesData = (): boolean =>
  (navigator as Navigator & { readonly connection?: { readonly saveData?: boolean } }).connection?.saveData === true
