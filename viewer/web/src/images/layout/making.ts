/** What a cell shows of the pictures of its series: themselves, or another plane that is made of them. */
import type { Picture } from '../pictures'
import { planeNameOf, type Reformat } from '../reformat/plan'
import type { Reformatted } from '../reformat/reformatted'
import { NotOneStack } from '../reformat/volume'

export class Making {
  /** Undefined where the pictures stand there as they were taken. */
  made: Reformatted | undefined
  /** Why what was asked for cannot be made. */
  refusal: NotOneStack | undefined
  private before: Reformatted[] = []
  private asked = 0

  /** More of what it is made of has come. */
  constructor(private readonly onProgress: () => void) {}

  /** `pictures` themselves where nothing is to be made of them, and none where it cannot be. */
  async of(pictures: readonly Picture[], how: Reformat | undefined): Promise<readonly Picture[]> {
    const asked = ++this.asked
    const [first] = pictures
    if (this.made) this.before.push(this.made)
    this.made = this.refusal = undefined
    if (!how || !first || (how.projection === 'none' && planeNameOf(first.metadata) === how.plane)) return pictures
    const { reformatted } = await import('../reformat/reformatted')
    if (asked !== this.asked) return []
    try {
      this.made = reformatted(pictures, how, this.onProgress)
      return this.made.pictures
    } catch (error) {
      if (!(error instanceof NotOneStack)) throw error
      this.refusal = error
      return []
    }
  }

  /** Nothing of what was made before is on the screen any longer. */
  settle(): void {
    for (const made of this.before) made.close()
    this.before = []
  }

  close(): void {
    this.asked++
    if (this.made) this.before.push(this.made)
    this.made = this.refusal = undefined
    this.settle()
  }
}
