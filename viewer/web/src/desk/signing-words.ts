/** What a signature will say: whose examination it is of, what the report says, and who signs it. */
import { html, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import type { Content } from '../api/report'
import type { Session } from '../api/session'
import { examinationOf, nameOfPatient, personOf } from '../case-words'
import { dateAndTime, day, text } from '../language'
import { markCounts } from './mark-words'
import { opinionWords } from './readings-view'

/** Who is signed in, as it stands under a report. */
export type Signer = Pick<Session['person'], 'name' | 'title'>

export function signingWords(
  detail: CaseDetail,
  content: Content,
  signer: Signer,
  asksOpinion: boolean,
): TemplateResult {
  const { patient, site, examined_at, critical_classes } = detail
  const named = critical_classes.find(({ code }) => code === content.critical_class)?.name ?? content.critical_class
  const stands = detail.critical && detail.critical.name !== named ? detail.critical.name : undefined
  const critical = [named, stands && text('sign.critical-stands', { name: stands })].filter(Boolean)
  const line = (label: string, words: string | TemplateResult): TemplateResult =>
    html`<div>
      <dt>${label}</dt>
      <dd>${words}</dd>
    </div>`
  return html`<dl class="signing">
    ${line(text('worklist.patient'), html`<strong>${nameOfPatient(patient)}</strong> ${[personOf(patient), patient.birth_date ? day(patient.birth_date) : ''].filter(Boolean).join(' · ')}`)}
    ${line(text('report.examination'), html`<strong>${examinationOf(detail)}</strong> ${site.name} · ${dateAndTime(examined_at)}`)}
    ${asksOpinion && content.opinion ? line(text('report.opinion'), html`<strong>${opinionWords(content.opinion)}</strong>`) : ''}
    ${line(text('report.result'), html`<strong>${resultOf(content)}</strong>`)}
    ${line(text('report.impression'), html`<span class="prose">${content.impression}</span>`)}
    ${line(text('report.recommendation'), html`<span class="prose">${content.recommendation || text('sign.none')}</span>`)}
    ${content.marks?.length ? line(text('mark.title'), markCounts(content.marks)) : ''}
    ${line(text('report.critical'), critical.length > 0 ? html`<strong class="danger">${critical.join(text('list-comma'))}</strong>` : text('sign.none'))}
    ${line(text('sign.signer'), [signer.name, signer.title].filter(Boolean).join(' · '))}
  </dl>`
}

const resultOf = ({ positive }: Content): string =>
  positive === null ? text('sign.none') : text(positive ? 'report.positive' : 'report.negative')
