/** The series of the case to choose from, each with its thumbnail and whether it was seen. */
import { html, nothing, type TemplateResult } from 'lit'
import { day, named, text } from '../language'
import type { OtherPerson } from '../api/case-detail'
import type { Account } from './account'
import type { HungCase } from './layout/hung-case'
import './loading'
import { otherPersonsIn } from './other-person'
import { thumbnailOf, type Series } from './series'
import type { ShownSeries } from './shown-series'

/** What a series is carried as, by its UID. */
export const DRAGGED = 'application/x-tierread-series'

type Strip = {
  readonly hung: HungCase
  readonly shown: ShownSeries | undefined
  readonly account: Account | undefined
  readonly otherPersons: readonly OtherPerson[]
  readonly onChoose: (series: Series) => void
}

/** Nothing before the series are known. */
export function seriesStrip(strip: Strip): TemplateResult | typeof nothing {
  const { earlier, earlierReports, reports, series: all } = strip.hung
  const [first] = earlier
  if (!all) return nothing
  return html`<nav class="series" aria-label=${text('desk.series')}>
    ${all.map((series) => seriesButton(series, strip))} ${reportsFold(reports, strip)}
    ${first?.earlier ? html`<p class="earlier">${text('desk.earlier', { on: day(first.earlier) })}</p>` : nothing}
    ${earlier.map((series) => seriesButton(series, strip))} ${reportsFold(earlierReports, strip)}
    <tierread-loading></tierread-loading>
  </nav>`
}

/** What this server wrote of a report into its study: behind the pictures, and open when somebody asks. */
function reportsFold(reports: readonly Series[], strip: Strip): TemplateResult | typeof nothing {
  const [first] = reports
  if (!first) return nothing
  return html`<details class="reports ${first.earlier ? 'earlier' : ''}">
    <summary>${text(first.earlier ? 'desk.reports-earlier' : 'desk.reports', { n: reports.length })}</summary>
    ${reports.map((series) => reportButton(series, strip))}
  </details>`
}

function reportButton(each: Series, { hung, onChoose }: Strip): TemplateResult {
  const isOnScreen = hung.placed.cells.some((content) => content?.series.seriesUid === each.seriesUid)
  return html`<button
    aria-current=${each.seriesUid === hung.current?.series.seriesUid}
    class=${isOnScreen ? 'on-screen' : ''}
    draggable="true"
    title=${each.description}
    @dragstart=${(event: DragEvent) => event.dataTransfer?.setData(DRAGGED, each.seriesUid)}
    @click=${() => onChoose(each)}
  >
    <span class="name">${text(`desk.report-object.${objectOf(each)}`)}</span>
  </button>`
}

/** Kinds of these objects by their modality (`pacs/authoring`); there are two structured reports, told by their number. */
const OBJECTS = { DOC: 'sheet', KO: 'keys', PR: 'drawn' } as const

function objectOf({ modality, number }: Series): 'sheet' | 'keys' | 'drawn' | 'measured' | 'text' {
  return OBJECTS[modality as keyof typeof OBJECTS] ?? (number === MEASURED ? 'measured' : 'text')
}

const MEASURED = 9004

function seriesButton(each: Series, { hung, shown, account, otherPersons, onChoose }: Strip): TemplateResult {
  const { done: many, frames } = shown?.progress(each.seriesUid) ?? { done: 0, frames: 0 }
  const state = stateOf(each, shown, account)
  const isOnScreen = hung.placed.cells.some((content) => content?.series.seriesUid === each.seriesUid)
  const name = [named('modality', each.modality), each.description].filter(Boolean).join(' ')
  return html`<button
    aria-current=${each.seriesUid === hung.current?.series.seriesUid}
    class="${isOnScreen ? 'on-screen' : ''} ${each.earlier ? 'earlier' : ''}"
    draggable="true"
    @dragstart=${(event: DragEvent) => event.dataTransfer?.setData(DRAGGED, each.seriesUid)}
    @click=${() => onChoose(each)}
  >
    <img src=${thumbnailOf(each)} draggable="false" alt="" loading="lazy" width="64" height="64" @error=${hide} />
    <span class="name">${name}</span>
    <span class="count"
      >${frames > 0 && state !== 'seen' ? `${many} / ${frames}` : each.modality === 'SM' ? text('desk.slide') : text('desk.pictures', { n: each.instances })}</span
    >
    ${otherPersonsIn(each.seriesUid, otherPersons)}
    ${state ? html`<span class="seen" data-state=${state}>${text(`desk.${state}`)}</span>` : nothing}
  </button>`
}

/** What failed is never called seen; nothing is said of what no signature accounts for. */
function stateOf(
  { seriesUid }: Series,
  shown: ShownSeries | undefined,
  account: Account | undefined,
): 'seen' | 'could-not-show' | 'not-needed' | 'not-seen' | undefined {
  if (shown?.isShown(seriesUid)) return 'seen'
  const failed = account?.failed.find(({ series }) => series.seriesUid === seriesUid)?.failed
  if (failed) return failed.fault === 'not_needed' ? 'not-needed' : 'could-not-show'
  return account?.left.some((series) => series.seriesUid === seriesUid) ? 'not-seen' : undefined
}

/** A series without pictures has no thumbnail. */
function hide(event: Event): void {
  ;(event.target as HTMLImageElement).classList.add('none')
}
