/** What of the series of a cell was seen, and what of it could not be shown. */
import type { Fault } from '../faults'
import { canBeSeen, undrawnIn, type OtherObject } from '../other-objects'
import type { Picture } from '../pictures'
import type { Series } from '../series'
import type { ShownSeries } from '../shown-series'
import type { Slide } from '../slide/pyramid'

/** As a slide is noted. */
const SLIDE = 'slide'

/** What is in the cell now. */
export type Seeing = {
  readonly series: Series | undefined
  /** Where to note it; nothing for priors. */
  readonly shown: ShownSeries | undefined
  /** The documents among the objects, which have to be opened. */
  readonly documents: readonly string[] | undefined
  /** As they were taken; none where something else is made of them: that was seen of nobody's pictures (ADR 37). */
  readonly taken: readonly Picture[]
  readonly others: readonly OtherObject[]
  /** A slide is one thing to see, however many tiles it has (ADR 48). */
  readonly slide: Slide | undefined
  /** The list of the other objects is read. */
  readonly isListOpen: boolean
}

export class Seen {
  constructor(
    private readonly now: () => Seeing,
    private readonly onChange: () => void,
  ) {}

  /** The series has these pictures, and the other objects of the cell. */
  expect({ seriesUid }: Series, pictures: readonly Picture[]): void {
    const { others, shown, slide } = this.now()
    const documents = others.filter((object) => this.isDocument(object))
    const closed = documents.filter((object) => object.frames === 0 && !canBeSeen(object)).length
    const readable = documents.filter(canBeSeen).length
    shown?.expect(seriesUid, pictures.length + readable + (slide ? 1 : 0), undrawnIn(others) + closed)
    this.noteRead()
  }

  /** What is read at a glance, once its list is open: the words, not what a click opens or has to be drawn. */
  noteRead(): void {
    const { isListOpen, others } = this.now()
    if (!isListOpen) return
    for (const object of others) if (object.content?.complete && this.isDocument(object)) this.note(object.instanceUid)
  }

  noteOpened(object: OtherObject): void {
    if (this.isDocument(object)) this.note(object.instanceUid)
  }

  /** What it holds did not come. */
  noteLost({ instanceUid }: OtherObject): void {
    const { series, shown } = this.now()
    if (!series || !shown) return
    shown.failed(series.seriesUid, instanceUid, 'load_failed')
    this.onChange()
  }

  /** A picture of the series before may come late: the series that is chosen now was not shown by that. */
  notePicture(picture: Picture): void {
    if (this.now().taken.includes(picture)) this.note(picture.imageId)
  }

  /** All of the slide stood on the screen at once. */
  noteSlide(): void {
    if (this.now().slide) this.note(SLIDE)
  }

  noteSlideFailed(fault: Fault): void {
    const { series, shown, slide } = this.now()
    if (!series || !shown || !slide) return
    shown.failed(series.seriesUid, SLIDE, fault)
    this.onChange()
  }

  /** What nothing here draws fails for all frames of its instance alike. */
  noteFailed(picture: Picture | undefined, fault: Fault): void {
    const { series, shown, taken } = this.now()
    if (!series || !shown || !picture || !taken.includes(picture)) return
    const alike = taken.filter((each) => each.instanceUid === picture.instanceUid)
    for (const { imageId } of fault === 'unsupported' ? alike : [picture])
      shown.failed(series.seriesUid, imageId, fault)
    this.onChange()
  }

  private isDocument({ instanceUid }: OtherObject): boolean {
    return this.now().documents?.includes(instanceUid) === true
  }

  private note(id: string): void {
    const { series, shown } = this.now()
    if (!series || !shown || shown.wasDisplayed(series.seriesUid, id)) return
    shown.displayed(series.seriesUid, id)
    this.onChange()
  }
}
