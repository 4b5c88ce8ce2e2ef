/** The case of the desk as the second window shows it, and what comes back from there. */
import type { MarkChange } from '../api/marks'
import { firstWindow, type Bench } from '../beside/first'
import { Linked } from '../beside/linked'
import type { KeyPicture, OfBoth, ToldCase } from '../beside/messages'
import { examinationOf } from '../case-words'
import type { ImagePanel } from '../images/image-panel'
import type { Drawn } from '../images/shown-series'
import { text } from '../language'
import { notify } from '../shell/notices'
import type { ReportMarks } from './report-marks'
import type { Work } from './work'

export type Desk = {
  readonly work: Work | undefined
  readonly marks: ReportMarks | undefined
  readonly panel: ImagePanel | null
  stir(): void
  requestUpdate(): void
}

export class Beside implements Bench {
  private unsaid: Drawn[] = []
  private readonly linked: Linked

  constructor(private readonly desk: () => Desk) {
    this.linked = new Linked(
      () => this.desk().panel,
      (said) => firstWindow.say(said),
    )
  }

  start(ended: AbortSignal): void {
    this.linked.start(ended)
    ended.addEventListener('abort', () => this.leave())
  }

  /** Another case is opened. */
  begin(work: Work): void {
    const { caseId, shown } = work
    firstWindow.take(this)
    shown.watch((one) => {
      if (!firstWindow.isOpen || this.unsaid.push(one) > 1) return
      const { imageSet } = work
      queueMicrotask(() => firstWindow.say({ kind: 'drawn', caseId, imageSet, drawn: this.unsaid.splice(0) }))
    })
  }

  leave(): void {
    firstWindow.leave(this)
  }

  open(): void {
    if (!firstWindow.open()) notify('warning', text('beside.blocked'))
    else firstWindow.tell(true)
  }

  get state(): 'none' | 'open' {
    return firstWindow.isOpen ? 'open' : 'none'
  }

  tell(): void {
    firstWindow.tell()
  }

  viewed(): void {
    this.linked.viewed()
  }

  told(): ToldCase | undefined {
    const { marks, work } = this.desk()
    const { detail } = work ?? {}
    if (!work || !detail || !marks) return undefined
    return {
      caseId: work.caseId,
      studies: detail.studies.map(({ study_uid }) => study_uid),
      imageSet: work.imageSet,
      digests: detail.series_digests,
      toSee: detail.to_see,
      documents: detail.documents,
      otherPersons: detail.other_persons,
      priors: detail.priors.map(({ case_id, study_uids, examined_at, modality, body_part }) => ({
        ...{ case_id, study_uids, examined_at, modality, body_part },
      })),
      marks: marks.drawn,
      examination: examinationOf(detail),
    }
  }

  drawn(): readonly Drawn[] {
    return this.desk().work?.shown.drawn ?? []
  }

  onDrawn(drawn: readonly Drawn[]): void {
    const { panel, work } = this.desk()
    work?.shown.take(drawn)
    panel?.requestUpdate()
    this.onChange()
  }

  onMarks(change: MarkChange): void {
    this.desk().marks?.change(change)
  }

  onKey(picture: KeyPicture): void {
    this.desk().marks?.toggleKey(picture)
  }

  onLinked(said: OfBoth): void {
    this.linked.follow(said)
  }

  onStir(): void {
    this.desk().stir()
  }

  onAsked(): void {
    this.linked.repeat()
  }

  onChange(): void {
    this.desk().requestUpdate()
  }
}
