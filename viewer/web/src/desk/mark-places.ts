/** The pictures that marks lie in, by the numbers that people call them: asked of DICOMweb, a series at a time. */
import type { Client } from '../api/client'
import { Problem, Unreachable } from '../api/problem'
import type { Mark } from '../api/marks'
import { TAG, numberOf, textOf } from '../images/dicom-json'
import { seriesPath } from '../images/pictures'
import { seriesOf } from '../images/series'

/** Numbers are those of the device; undefined where it gave none. */
export type Place = {
  readonly series: number | undefined
  readonly image: number | undefined
  readonly frames: number
  /** The date of the earlier examination that it is of, empty where it is not known; null for the case itself. */
  readonly earlier: string | null
}

type Known = ReadonlyMap<string, Place>

export class MarkPlaces {
  private readonly series = new Map<string, Known>()
  private readonly asked = new Set<string>()
  private imageSet = ''

  constructor(
    private readonly client: Client,
    /** The studies of the case; the date of another study, of an earlier examination. */
    private readonly studies: () => { readonly own: readonly string[]; readonly earlier: ReadonlyMap<string, string> },
    private readonly onKnown: () => void,
  ) {}

  /** Undefined until it is known; `gone` where the picture is shown there no longer, or this person may not see it. */
  of(mark: Mark): Place | 'gone' | undefined {
    const known = this.series.get(mark.series_uid)
    if (!known) {
      void this.ask(mark)
      return undefined
    }
    const place = known.get(mark.instance_uid)
    return place && mark.frame <= place.frames ? place : 'gone'
  }

  /** What is known holds for this set of images; of another one it is asked anew. */
  hold(imageSet: string): void {
    if (this.imageSet === imageSet) return
    this.imageSet = imageSet
    this.series.clear()
    this.asked.clear()
  }

  private async ask({ study_uid, series_uid }: Mark): Promise<void> {
    if (this.asked.has(series_uid)) return
    this.asked.add(series_uid)
    try {
      this.series.set(series_uid, await this.look(study_uid, series_uid))
      this.onKnown()
    } catch (error) {
      if (error instanceof Problem && error.slug === 'not-there') {
        this.series.set(series_uid, new Map())
        this.onKnown()
        return
      }
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      this.asked.delete(series_uid) // whoever looks again asks again
    }
  }

  private async look(studyUid: string, seriesUid: string): Promise<Known> {
    const [all, instances] = await Promise.all([
      seriesOf(this.client, [studyUid]),
      this.client.dataSets(`${seriesPath({ studyUid, seriesUid })}/instances`),
    ])
    const { own, earlier } = this.studies()
    const series = all.find((each) => each.seriesUid === seriesUid)
    return new Map(
      instances.map((instance) => [
        textOf(instance, TAG.SOPInstanceUID),
        {
          series: series?.number,
          image: numberOf(instance, TAG.InstanceNumber),
          frames: Math.max(1, numberOf(instance, TAG.NumberOfFrames) ?? 1),
          earlier: own.includes(studyUid) ? null : (earlier.get(studyUid) ?? ''),
        },
      ]),
    )
  }
}
