/** One case on the worklist: a cell for each column. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Case } from '../api/case'
import {
  dueOf,
  examinationOf,
  identityTag,
  imagesOf,
  inOneUnit,
  isIncomplete,
  isOpen,
  lacks,
  nameOfPatient,
  personOf,
} from '../case-words'
import { dueFrom, signOf } from '../due'
import { dateAndTime, hour, named, text } from '../language'
import { caseAddress } from '../shell/route'
import type { Row } from './arrivals'
import type { Column } from './columns'

export type RowActs = {
  readonly columns: readonly Column[]
  readonly selected: string | undefined
  /** Whether a click on a row selects it, because the preview is open beside the list. */
  readonly selects: boolean
  readonly onSelect: (id: string) => void
}

export function rowOf({ item, gone }: Row, now: Date, acts: RowActs): TemplateResult {
  const classes = `${item.priority} ${gone ? 'gone' : ''} ${item.critical && !item.critical.acknowledged_at ? 'critical' : ''}`
  return html`<tr
    class=${classes}
    data-case=${item.id}
    aria-current=${item.id === acts.selected ? 'true' : nothing}
    @click=${(event: MouseEvent) => follow(event, item, acts)}
    @dblclick=${open}
    @focusin=${() => acts.onSelect(item.id)}
  >
    ${acts.columns.map((column) => CELLS[column](item, now, gone))}
  </tr>`
}

const CELLS: Readonly<Record<Column, (item: Case, now: Date, gone: boolean) => TemplateResult>> = {
  due: (item, now) => {
    const due = dueOf(item, now)
    return html`<td class="due" data-label=${text('worklist.due')}>
      <span class="priority ${item.priority}">${named('priority', item.priority)}</span>
      ${
        isOpen(item.state)
          ? html`<time datetime=${item.due_at} title=${dateAndTime(item.due_at)} class=${due.urgency}
              ><span aria-hidden="true">${signOf(due.urgency)}</span> ${due.words}</time
            >`
          : nothing
      }
    </td>`
  },
  patient: (item, now) =>
    html`<td class="patient">
      <a class="open" href=${caseAddress(item.id)}>${nameOfPatient(item.patient)}</a>
      ${item.critical ? html`<span class="tag danger">${text('worklist.critical')}${alarm(item.critical, now)}</span>` : nothing}
      ${identityTag(item)}
      <span class="soft">${personOf(item.patient)}</span>
      ${item.patient.name_in_images ? html`<span class="soft small">${text('patient.in-images', { name: item.patient.name_in_images })}</span>` : nothing}
    </td>`,
  examination: (item) =>
    html`<td class="examination" data-label=${text('worklist.examination')}>
      ${examinationOf(item)}
      ${item.prior_count > 0 ? html`<span class="tag">${text('worklist.priors', { n: item.prior_count })}</span>` : nothing}
    </td>`,
  site: (item) => html`<td class="site" data-label=${text('worklist.site')}>${item.site.name}</td>`,
  arrival: (item) =>
    html`<td class="arrival" data-label=${text('worklist.arrival')}>
      <time datetime=${item.received_at} title=${dateAndTime(item.received_at)}>${sinceWhen(item.received_at)}</time>
    </td>`,
  images: (item) =>
    html`<td class="images" data-label=${text('worklist.images')}>
      <span class=${isIncomplete(item) ? 'incomplete' : ''} title=${item.arriving ? text('worklist.arriving') : ''}
        >${imagesOf(item)}</span
      >
      ${lacks(item) ? html`<span class="tag warning">${text('worklist.incomplete')}</span>` : nothing}
      ${item.images.held ? html`<span class="tag danger">${text('worklist.held', { n: item.images.held })}</span>` : nothing}
    </td>`,
  state: (item, _now, gone) =>
    html`<td class="state" data-label=${text('worklist.state')}>
      ${gone ? html`<span class="tag">${text('worklist.gone')}</span>` : named('state', item.state)}
      ${item.countersign ? html`<span class="soft small">${text('worklist.countersign')}</span>` : nothing}
      ${item.skills.length && isOpen(item.state) ? html`<span class="tag ${item.lacks_skill ? 'warning' : ''}" title=${item.lacks_skill ? text('worklist.skill-lacks') : text('worklist.skill')}>${item.skills.join(' · ')}${item.lacks_skill ? ' !' : ''}</span>` : nothing}
      ${item.follow_up ? html`<span class="tag warning">${text('worklist.late')}</span>` : nothing}
    </td>`,
  holder: (item) =>
    html`<td class="holder" data-label=${text('worklist.holder')}>
      ${item.holder?.parked ? html`<span class="tag">${text('worklist.parked')}</span> ` : nothing}${item.holder ? (item.holder.mine ? html`<strong>${text('worklist.me')}</strong>` : html`<span>${item.holder.name}</span>`) : waiting(item)}
    </td>`,
}

/** Until when somebody has to answer a critical result, or that they have. */
function alarm({ acknowledged_at, due_at }: NonNullable<Case['critical']>, now: Date): string {
  if (acknowledged_at) return ' ✓'
  return ` ${inOneUnit(dueFrom(new Date(due_at), now))}`
}

/** Whom it waits for, and until when it waits for nobody else. */
function waiting({ waits_for: one }: Case): TemplateResult | typeof nothing {
  if (!one) return nothing
  const until = text('worklist.assigned-until', { at: hour(one.until) })
  return one.mine
    ? html`<strong title=${until}>${text('worklist.assigned-to-me')}</strong>`
    : html`<span class="soft" title=${until}>${text('worklist.assigned-to', { name: one.name })}</span>`
}

/** The hour of today, with its day of what came before. */
function sinceWhen(iso: string): string {
  const today = new Date().toDateString() === new Date(iso).toDateString()
  return today ? hour(iso) : dateAndTime(iso)
}

/** The whole row opens the case, or selects it beside a preview; its link stays for keyboards and new tabs. */
function follow(event: MouseEvent, item: Case, { selects, onSelect }: RowActs): void {
  if ((event.target as HTMLElement).closest('a, button')) return
  if (window.getSelection()?.toString()) return // the person marks text
  const link = (event.currentTarget as HTMLElement).querySelector<HTMLAnchorElement>('a.open')
  if (!selects) return link?.click()
  onSelect(item.id)
  link?.focus()
}

function open(event: MouseEvent): void {
  ;(event.currentTarget as HTMLElement).querySelector<HTMLAnchorElement>('a.open')?.click()
}
