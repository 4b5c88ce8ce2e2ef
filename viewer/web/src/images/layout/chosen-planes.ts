/** Planes and slabs that the person chooses for the active cell. */
import { allPlanes, asTaken, canAsk, chosen, type Choice } from '../reformat/choices'
import type { Reformat } from '../reformat/plan'
import type { Cell } from './cell'
import type { HungCase } from './hung-case'
import { wordsOfRefusal } from './messages'
import { showsPlanes, type Placed } from './placing'
import type { ReformatMenu } from './reformat-menu'

export class Planes {
  /** What stood there before all planes did. */
  private before: Placed | undefined

  /** `onRefused`: why no plane can be made, in words. */
  constructor(
    private readonly hung: HungCase,
    private readonly cells: () => readonly Cell[],
    private readonly onRefused: (words: string) => void,
  ) {}

  private get cell(): Cell | undefined {
    return this.cells()[this.hung.placed.active]
  }

  private get now(): Reformat {
    return this.hung.current?.reformat ?? asTaken(this.cell?.taken ?? [])
  }

  private get canAsk(): boolean {
    return canAsk(this.hung.current?.series.modality ?? '', this.cell?.taken ?? [])
  }

  /** Undefined where the series of the active cell is none of slices. */
  get menu(): ReformatMenu | undefined {
    const { canAsk: can, cell, now } = this
    if (!cell || !can) return undefined
    return {
      now,
      isMade: !cell.isAsTaken,
      onChoose: (choice) => this.choose(choice),
      onAll: () => this.showAll(),
    }
  }

  choose(choice: Choice): void {
    if (this.canAsk && !this.isRefused()) this.hung.reformat([chosen(this.now, choice)], this.cell?.stack?.look)
  }

  /** All planes side by side; where they stand already, what stood there before. */
  showAll(): void {
    const { cell } = this
    if (this.goBack() || !cell || !this.canAsk || this.isRefused()) return
    this.before = this.hung.asShown()
    this.hung.reformat(allPlanes(cell.taken), cell.stack?.look, cell.isAsTaken ? cell.view : undefined)
  }

  private goBack(): boolean {
    const { before, hung } = this
    if (!before || !showsPlanes(hung.placed)) return false
    this.before = undefined
    const isHere = before.cells.every((content) => !content || hung.find(content.series.seriesUid) !== undefined)
    if (isHere) hung.change(before)
    return isHere
  }

  /** What cannot be made is said, and nothing on the screen goes away for it. */
  private isRefused(): boolean {
    const refusal = this.cell?.stack?.whyNoPlanes(this.cell.taken)
    if (refusal) this.onRefused(wordsOfRefusal(refusal))
    return refusal !== undefined
  }

  /** Nothing can be made of the pictures in this cell. */
  asTaken(index: number): void {
    this.hung.activate(index)
    this.hung.reformat([asTaken(this.cell?.taken ?? [])], undefined)
  }
}
