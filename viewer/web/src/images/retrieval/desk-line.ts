/** What the cells of the desk show and come to next is fetched over one line, in one order. */
import type { Picture } from '../pictures'
import { AT_ONCE, FetchAhead, type Means, type Progress } from './fetch-ahead'
import { Dropped, Line } from './line'
import { wishes, type Seat } from './wishes'

/** One viewport with a stack of pictures; its values are those of the moment. */
export type Viewer = Seat & {
  /** One of its pictures could not be loaded. */
  onFailed(picture: Picture): void
}

/** A stack that stands in no cell. */
export type Rest = {
  /** Which stack it is, and with which content. */
  readonly key: string
  /** Asked for when nothing else is to be fetched; answers none where they do not come. */
  pictures(): Promise<readonly Picture[]>
}

export class DeskLine {
  readonly line = new Line(AT_ONCE)
  private means: Means | undefined
  private ahead: FetchAhead | undefined
  private readonly viewers = new Set<Viewer>()
  private active: Viewer | undefined
  private rest: readonly Rest[] = []
  private found = new Map<string, readonly Picture[]>()
  private asked: string | undefined
  private readonly watchers = new Set<() => void>()
  private readonly idlers = new Set<() => void>()

  /** Tells of progress until `ended` is aborted. */
  watch(watcher: () => void, ended: AbortSignal): void {
    this.watchers.add(watcher)
    ended.addEventListener('abort', () => this.watchers.delete(watcher))
  }

  /** Tells when all of the case that memory has room for is at hand, until `ended` is aborted. */
  whenAtHand(idler: () => void, ended: AbortSignal): void {
    this.idlers.add(idler)
    ended.addEventListener('abort', () => this.idlers.delete(idler))
  }

  /** Whether all of the case that memory has room for is at hand. */
  get isAtHand(): boolean {
    return this.viewers.size > 0 && this.ahead?.isAtHand === true && this.nextRest === undefined
  }

  /** How much of what the cells show and come to next is at hand. */
  get progress(): Progress {
    return this.ahead?.progress ?? { there: 0, wanted: 0 }
  }

  /** Whoever decodes and keeps pictures is here. */
  connect(means: Means): void {
    this.means = means
    this.ahead = new FetchAhead(means, {
      onFailed: (picture, error) => {
        if (!(error instanceof Dropped)) for (const viewer of this.showing(picture)) viewer.onFailed(picture)
      },
      onIdle: () => void this.findMore(),
      onProgress: () => this.watchers.forEach((watcher) => watcher()),
    })
  }

  /** A viewport shows other pictures than before, or another one of them. */
  moved(viewer: Viewer): void {
    this.viewers.add(viewer)
    this.look()
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer)
    if (this.active === viewer) this.active = undefined
    this.look()
  }

  /** The reader looks at this one. */
  activate(viewer: Viewer | undefined): void {
    if (this.active === viewer) return
    this.active = viewer
    this.look()
  }

  /** What is worth fetching behind the cells, in the order to look at it. */
  behind(rest: readonly Rest[]): void {
    const keys = rest.map(({ key }) => key)
    if (keys.join() === this.rest.map(({ key }) => key).join()) return
    this.rest = rest
    this.found = new Map([...this.found].filter(([key]) => keys.includes(key)))
    this.look()
  }

  tryAgain(pictures: readonly Picture[]): void {
    this.ahead?.tryAgain(pictures)
  }

  skip(pictures: readonly Picture[]): void {
    this.ahead?.skip(pictures)
  }

  private get order(): readonly Picture[] {
    const { active } = this
    const others = [...this.viewers].filter((viewer) => viewer !== active)
    const seats = active && this.viewers.has(active) ? [active, ...others] : others
    return wishes(
      seats,
      this.rest.map(({ key }) => this.found.get(key) ?? []),
    )
  }

  private get nextRest(): Rest | undefined {
    return this.ahead?.hasRoomFor(this.order) ? this.rest.find(({ key }) => !this.found.has(key)) : undefined
  }

  private look(): void {
    const { order } = this
    const onScreen = new Set([...this.viewers].flatMap(({ pictures, index }) => pictures[index]?.imageId ?? []))
    this.line.look(
      order.map(({ imageId }) => imageId),
      onScreen.size,
    )
    this.ahead?.want(order)
  }

  private showing(picture: Picture): readonly Viewer[] {
    return [...this.viewers].filter(({ pictures }) => pictures.includes(picture))
  }

  /** The next stack behind the cells, where memory has room for it. */
  private async findMore(): Promise<void> {
    if (this.isAtHand) this.idlers.forEach((idler) => idler())
    const next = this.nextRest
    if (!next || this.viewers.size === 0 || this.asked === next.key) return
    this.asked = next.key
    const pictures = await next.pictures()
    this.asked = undefined
    if (!this.rest.includes(next)) return
    this.means?.announce(pictures)
    this.found.set(next.key, pictures)
    this.look()
  }
}

/** The one of the page. */
export const deskLine = new DeskLine()
