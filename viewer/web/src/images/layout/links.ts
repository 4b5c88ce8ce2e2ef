/** Cells that follow the active one: its place in the body, its size and shift, and its window where that is wanted. */
import type { Place } from '../stance'
import type { Window } from '../window-level'
import type { Cell } from './cell'
import type { CellContent } from './cell-content'
import { counterpartOf, type Linked } from './counterparts'
import { isProjection } from './hanging'

export class Links {
  /** Scrolling, zoom and shift are common. */
  places = false
  windows = false
  /** The picture that was on the screen when a content was linked. */
  private anchors = new WeakMap<CellContent, number>()
  private before:
    { readonly cell: Cell; readonly index: number; readonly place: Place; readonly window: Window | null } | undefined

  /** Stacks are linked from the beginning; single pictures are not. */
  begin(modality: string): void {
    this.places = !isProjection(modality)
    this.windows = false
    this.before = undefined
  }

  /** What is on the screen now belongs together. */
  togglePlaces(cells: readonly Cell[]): void {
    this.places = !this.places
    if (!this.places) return
    this.anchors = new WeakMap()
    for (const cell of cells) this.anchorOf(cell)
  }

  toggleWindows(): void {
    this.windows = !this.windows
    this.before = undefined
  }

  /** The active cell shows something else, or as something else, than before: the others follow. */
  follow(active: Cell, cells: readonly Cell[]): void {
    const { stack, view } = active
    if (!stack || view.quality === 'none') return
    this.anchorOf(active)
    const now = { cell: active, index: view.index, place: stack.stance.place, window: stack.look.window }
    const { before } = this
    this.before = now
    if (before?.cell !== active) return
    const moved = !samePlace(before.place, now.place)
    for (const other of cells) {
      if (other === active || !other.stack || other.pictures.length === 0) continue
      if (this.places && before.index !== now.index) this.scroll(active, other)
      const isAlike = other.series?.modality === active.series?.modality
      if (this.places && moved && isAlike) other.stack.stance.place = now.place
      if (
        this.windows &&
        isAlike &&
        now.window &&
        now.window !== before.window &&
        !sameWindow(now.window, before.window)
      )
        other.stack.setWindow(now.window)
    }
  }

  private scroll(active: Cell, other: Cell): void {
    const index = counterpartOf(this.linked(active), active.view.index, this.linked(other))
    if (index !== undefined && index !== other.view.index) other.stack?.goTo(index)
  }

  private linked(cell: Cell): Linked {
    return { pictures: cell.pictures, anchor: this.anchorOf(cell) }
  }

  private anchorOf({ content, view }: Cell): number {
    if (!content) return 0
    const anchor = this.anchors.get(content) ?? view.index
    this.anchors.set(content, anchor)
    return anchor
  }
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3

const samePlace = (a: Place, b: Place): boolean =>
  near(a.zoom, b.zoom) && near(a.shift[0], b.shift[0]) && near(a.shift[1], b.shift[1])

const sameWindow = (a: Window, b: Window | null): boolean => a.center === b?.center && a.width === b.width
