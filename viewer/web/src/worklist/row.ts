/** One case on the worklist. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Case } from '../api/shapes'
import { dueOf, examinationOf, imagesOf, isIncomplete, isOpen, lacks, nameOfPatient, personOf } from '../case-words'
import { dateAndTime, hour, named, text } from '../language'
import { caseAddress } from '../shell/route'

export function rowOf(item: Case, now: Date): TemplateResult {
  const due = dueOf(item, now)
  const open = isOpen(item.state)
  return html`<tr class=${item.priority} data-case=${item.id} @click=${follow}>
    <td class="due" data-label=${text('worklist.due')}>
      <span class="priority ${item.priority}">${named('priority', item.priority)}</span>
      ${
        open
          ? html`<time datetime=${item.due_at} title=${dateAndTime(item.due_at)} class=${due.overdue ? 'overdue' : ''}
              >${due.words}</time
            >`
          : nothing
      }
    </td>
    <td class="patient">
      <a class="open" href=${caseAddress(item.id)}>${nameOfPatient(item.patient)}</a>
      <span class="soft">${personOf(item.patient)}</span>
      ${item.identity === 'differs' ? html`<span class="tag danger">${text('desk.identity-differs')}</span>` : nothing}
      ${item.patient.name_in_images ? html`<span class="soft small">${text('patient.in-images', { name: item.patient.name_in_images })}</span>` : nothing}
      ${
        item.critical
          ? html`<span class="tag danger"
              >${text('worklist.critical')}${item.critical.acknowledged_at ? ' ✓' : ''}</span
            >`
          : nothing
      }
    </td>
    <td data-label=${text('worklist.examination')}>
      ${examinationOf(item)}
      ${item.prior_count > 0 ? html`<span class="tag">${text('worklist.priors', { n: item.prior_count })}</span>` : nothing}
    </td>
    <td data-label=${text('worklist.site')}>${item.site.name}</td>
    <td data-label=${text('worklist.images')}>
      <span class=${isIncomplete(item) ? 'incomplete' : ''} title=${item.arriving ? text('worklist.arriving') : ''}
        >${imagesOf(item)}</span
      >
      ${lacks(item) ? html`<span class="tag warning">${text('worklist.incomplete')}</span>` : nothing}
      ${item.images.held ? html`<span class="tag danger">${text('worklist.held', { n: item.images.held })}</span>` : nothing}
    </td>
    <td data-label=${text('worklist.state')}>
      ${named('state', item.state)}
      ${item.countersign ? html`<span class="soft small">${text('worklist.countersign')}</span>` : nothing}
      ${item.skills.length && open ? html`<span class="tag ${item.lacks_skill ? 'warning' : ''}" title=${item.lacks_skill ? text('worklist.skill-lacks') : text('worklist.skill')}>${item.skills.join(' · ')}${item.lacks_skill ? ' !' : ''}</span>` : nothing}
      ${item.follow_up ? html`<span class="tag warning">${text('worklist.late')}</span>` : nothing}
    </td>
    <td class="holder" data-label=${text('worklist.holder')}>
      ${item.holder?.parked ? html`<span class="tag">${text('worklist.parked')}</span> ` : nothing}${item.holder ? (item.holder.mine ? html`<strong>${text('worklist.me')}</strong>` : html`<span>${item.holder.name}</span>`) : waiting(item)}
    </td>
  </tr>`
}

/** Whom it waits for, and until when it waits for nobody else. */
function waiting({ waits_for: one }: Case): TemplateResult | typeof nothing {
  if (!one) return nothing
  const until = text('worklist.assigned-until', { at: hour(one.until) })
  return one.mine
    ? html`<strong title=${until}>${text('worklist.assigned-to-me')}</strong>`
    : html`<span class="soft" title=${until}>${text('worklist.assigned-to', { name: one.name })}</span>`
}

/** The whole row opens the case; its link stays for keyboards and new tabs. */
function follow(event: MouseEvent): void {
  if ((event.target as HTMLElement).closest('a, button')) return
  if (window.getSelection()?.toString()) return // the person marks text
  const row = (event.currentTarget as HTMLElement).querySelector<HTMLAnchorElement>('a.open')
  row?.click()
}
