/** The pictures' side of the desk, with the marks of the report in them. */
import { html, type TemplateResult } from 'lit'
import type { CaseDetail, Prior } from '../api/case-detail'
import type { Client } from '../api/client'
import type { MarkChange } from '../api/marks'
import type { OwnSettings } from '../keeping/settings'
import { text } from '../language'
import type { Beside } from './beside'
import type { ReportMarks } from './report-marks'
import type { Work } from './work'

type Side = {
  readonly client: Client
  readonly settings: OwnSettings
  readonly work: Work
  readonly detail: CaseDetail
  readonly marks: ReportMarks
  /** The earlier examination that is open. */
  readonly prior: Prior | undefined
  readonly beside: Beside
  /** More was seen. */
  readonly onShown: () => void
}

export function imageSide({ beside, detail, marks, work, ...side }: Side): TemplateResult {
  return html`<section id="side-images" class="images dark" aria-label=${text('desk.images')}>
    <tierread-images
      .client=${side.client}
      .settings=${side.settings}
      .studies=${detail.studies.map(({ study_uid }) => study_uid)}
      .imageSet=${work.imageSet}
      .shown=${work.shown}
      .toSee=${detail.to_see}
      .documents=${detail.documents}
      .otherPersons=${detail.other_persons}
      .restored=${work.screen}
      .prior=${side.prior}
      .marks=${marks.drawn}
      .beside=${beside.state}
      @beside-wanted=${() => beside.open()}
      @cell-view=${() => beside.viewed()}
      @marks-changed=${(event: CustomEvent<MarkChange>) => marks.change(event.detail)}
      @images-shown=${side.onShown}
      @sight-changed=${side.onShown}
    ></tierread-images>
  </section>`
}
