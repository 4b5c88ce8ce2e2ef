/** Planes and slabs that the person chooses for the active cell. */
import { allPlanes, asTaken, canAsk, chosen, type Choice } from '../reformat/choices'
import type { Reformat } from '../reformat/plan'
import type { Cell } from './cell'
import type { HungCase } from './hung-case'
import type { ReformatMenu } from './reformat-menu'

export class Planes {
  constructor(
    private readonly hung: HungCase,
    private readonly cells: () => readonly Cell[],
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
    return { now, isMade: !cell.isAsTaken, onChoose: (choice) => this.choose(choice), onAll: () => this.showAll() }
  }

  choose(choice: Choice): void {
    if (this.canAsk) this.hung.reformat([chosen(this.now, choice)], this.cell?.stack?.look)
  }

  showAll(): void {
    const { cell } = this
    if (!cell || !this.canAsk) return
    this.hung.reformat(allPlanes(cell.taken), cell.stack?.look, cell.isAsTaken ? cell.view : undefined)
  }

  /** Nothing can be made of the pictures in this cell. */
  asTaken(index: number): void {
    this.hung.activate(index)
    this.hung.reformat([asTaken(this.cell?.taken ?? [])], undefined)
  }
}
