/** The marks in the pictures of one viewport: those of the report, and what the person does with them. */
import type { Types } from '@cornerstonejs/core'
import type { Mark } from '../api/marks'
import { bringBack, clearMarks, putMarks, removeSelected } from './marks'
import type { Picture } from './pictures'

export class ViewportMarks {
  private marks: readonly Mark[] = []

  constructor(
    private readonly viewport: Types.IStackViewport,
    private readonly pictures: () => readonly Picture[],
  ) {}

  readonly imageIds = (): ReadonlySet<string> => new Set(this.pictures().map(({ imageId }) => imageId))

  /** Those of the report, of which those in these pictures are drawn; without any: the same as before, in other pictures. */
  put(marks = this.marks): void {
    putMarks(this.pictures(), marks, this.marks)
    this.marks = marks
    this.viewport.render()
  }

  clear(): void {
    clearMarks(this.imageIds())
    this.viewport.render()
  }

  removeSelected(): void {
    removeSelected(this.imageIds())
    this.viewport.render()
  }

  /** What was removed last. */
  bringBack(): void {
    bringBack(this.imageIds())
    this.viewport.render()
  }
}
