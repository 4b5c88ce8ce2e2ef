/** The marks of the report at the desk: drawn in pictures, taken away, made key images, and said in the findings. */
import type { Client } from '../api/client'
import type { Mark, MarkChange } from '../api/marks'
import { text } from '../language'
import { notify } from '../shell/notices'
import { MarkPlaces } from './mark-places'
import { markWords, placeWords } from './mark-words'
import { MOST_MARKS, afterChange, sameMarks, withKey } from './marks'
import type { Work } from './work'

export class ReportMarks {
  readonly places: MarkPlaces

  constructor(
    private readonly work: Work,
    client: Client,
    onChange: () => void,
  ) {
    this.places = new MarkPlaces(client, () => this.studies, onChange)
  }

  /** All that are drawn: of the report on the screen, and of blind readings that its arbiter sees. */
  get drawn(): readonly Mark[] {
    const { content, detail } = this.work
    const own = content.marks ?? []
    const others = (detail?.readings ?? []).flatMap((reading) => reading.content.marks ?? [])
    return [...own, ...others.filter(({ id }) => own.every((mark) => mark.id !== id))]
  }

  change(change: MarkChange): void {
    this.edit((marks) => afterChange(marks, change))
  }

  remove({ id }: Mark): void {
    this.edit((marks) => marks.filter((mark) => mark.id !== id))
  }

  toggleKey(picture: Parameters<typeof withKey>[1]): void {
    this.edit((marks) => withKey(marks, picture))
  }

  /** Says a mark in words of the findings, behind their character `caret`; where what was said ends. */
  sayAt(caret: number, mark: Mark): number {
    const { content, forms } = this.work
    const place = placeWords(mark, this.places.of(mark))
    const said = place ? text('mark.said', { what: markWords(mark), place }) : markWords(mark)
    const { findings } = content
    forms.edit({ ...content, findings: findings.slice(0, caret) + said + findings.slice(caret) })
    return caret + said.length
  }

  /** Where nobody writes, what somebody draws stays on the screen alone. */
  private edit(edit: (marks: readonly Mark[]) => readonly Mark[]): void {
    const { content, forms } = this.work
    if (!forms.report) return
    const before = content.marks ?? []
    const marks = edit(before)
    if (marks.length > MOST_MARKS) return notify('warning', text('mark.most', { n: MOST_MARKS }))
    if (!sameMarks(marks, before)) forms.edit({ ...content, marks })
  }

  private get studies(): { readonly own: readonly string[]; readonly earlier: ReadonlyMap<string, string> } {
    const { studies, priors } = this.work.detail ?? { studies: [], priors: [] }
    const earlier = priors.flatMap((prior) => prior.study_uids.map((uid) => [uid, prior.examined_at] as const))
    return { own: studies.map(({ study_uid }) => study_uid), earlier: new Map(earlier) }
  }
}
