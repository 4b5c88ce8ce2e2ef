/** The pictures of the active cell one after the other, as a film. */
import type { Cell } from '../layout/cell'
import { standingTimes } from './frame-times'

/** How often it is looked whether a picture that is waited for has come. */
const LOOK_MS = 10

/** What of a cell a film needs. */
export type Screen = Pick<Cell, 'content' | 'pictures' | 'view'> & {
  readonly stack: { goTo(index: number): void } | undefined
}

/**
 * Behind the last picture comes the first. It waits for what the line has not brought, and ends where somebody goes to
 * another picture, another series or another cell.
 */
export class Film {
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly active: () => Screen | undefined,
    private readonly onChange: () => void,
  ) {}

  get runs(): boolean {
    return this.timer !== undefined
  }

  toggle(): void {
    if (this.runs) return this.stop()
    const cell = this.active()
    const { content, pictures, stack, view } = cell ?? {}
    if (!cell || !pictures || !stack || !view || pictures.length < 2) return
    const times = standingTimes(pictures)
    const timeOf = (index: number): number => times[index] ?? LOOK_MS
    let [before, now] = [view.index, view.index]
    let due = performance.now() + timeOf(now)
    let isLate = false
    const isDisturbed = (): boolean =>
      this.active() !== cell || cell.content !== content || ![before, now].includes(cell.view.index)
    const isWaiting = (): boolean => cell.view.index !== now || !['full', 'failed'].includes(cell.view.quality)
    const turn = (): void => {
      if (isDisturbed()) return this.stop()
      if (isWaiting()) {
        isLate = true
        this.timer = setTimeout(turn, LOOK_MS)
        return
      }
      if (isLate) due = performance.now() + timeOf(now)
      else {
        ;[before, now] = [now, (now + 1) % pictures.length]
        stack.goTo(now)
        due = Math.max(due + timeOf(now), performance.now()) // time that was lost is not made up for
      }
      isLate = false
      this.timer = setTimeout(turn, due - performance.now())
    }
    this.timer = setTimeout(turn, timeOf(now))
    this.onChange()
  }

  stop(): void {
    if (!this.runs) return
    clearTimeout(this.timer)
    this.timer = undefined
    this.onChange()
  }
}
