/** What is really on the screen, which is not always what was asked for. */

/** Nothing of it, a coarse picture on its way, all of it at full resolution, or that it cannot be shown. */
export type Quality = 'none' | 'partial' | 'full' | 'failed'

export class OnScreen {
  private imageId: string | undefined
  private quality: 'partial' | 'full' = 'partial'
  private readonly failed = new Set<string>()

  /** The picture took the place of the one before. */
  put(imageId: string, quality: 'partial' | 'full'): void {
    this.imageId = imageId
    this.quality = quality
    this.failed.delete(imageId)
  }

  /** The picture could not be loaded, decoded or drawn. */
  fail(imageId: string): void {
    this.failed.add(imageId)
  }

  clear(): void {
    this.imageId = undefined
    this.failed.clear()
  }

  /** Of the picture that was asked for: none while another is still on the screen. */
  qualityOf(imageId: string): Quality {
    if (this.failed.has(imageId)) return 'failed'
    return this.imageId === imageId ? this.quality : 'none'
  }
}
