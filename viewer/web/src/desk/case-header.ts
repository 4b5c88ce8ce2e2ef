/** Whose case it is and how it stands, above images and report. */
import { html, nothing, type TemplateResult } from 'lit'
import type { CaseDetail } from '../api/case-detail'
import {
  dueOf,
  examinationOf,
  identityTag,
  imagesOf,
  isIncomplete,
  isOpen,
  nameOfPatient,
  personOf,
} from '../case-words'
import { clock, dateAndTime, named, text } from '../language'
import { sidesDiffer } from './checks'
import type { LeaseState } from './lease-keeper'

export function caseHeader(detail: CaseDetail, lease: LeaseState | undefined, now: Date): TemplateResult {
  const due = dueOf(detail, now)
  return html`<section class="case-header" aria-label=${text('desk.case')}>
    <a class="back" href="#/" aria-label=${text('desk.back')}>‹</a>
    <h1>
      ${nameOfPatient(detail.patient)} <span class="soft">${personOf(detail.patient)}</span>
      ${detail.patient.name_in_images ? html`<span class="soft small">${text('patient.in-images', { name: detail.patient.name_in_images })}</span>` : nothing}
    </h1>
    ${identityTag(detail)}
    <p class="examination">
      <strong>${examinationOf(detail)}</strong>
      ${detail.sides_differ ? html`<span class="tag danger">${sidesDiffer(detail.sides_differ)}</span>` : nothing}
      <span class="soft">${detail.site.name} · ${dateAndTime(detail.examined_at)} ${detail.examined_doubt}</span>
    </p>
    <p class="standing">
      <span class="priority ${detail.priority}">${named('priority', detail.priority)}</span>
      <span>${named('state', detail.state)}</span>
      ${
        isOpen(detail.state)
          ? html`<time
              datetime=${detail.due_at}
              title=${dateAndTime(detail.due_at)}
              class=${due.overdue ? 'overdue' : ''}
              >${due.words}</time
            >`
          : nothing
      }
      <span class=${isIncomplete(detail) ? 'incomplete' : ''}>${text('worklist.images')} ${imagesOf(detail)}</span>
      ${holding(detail, lease, now)}
    </p>
  </section>`
}

function holding(detail: CaseDetail, lease: LeaseState | undefined, now: Date): TemplateResult | typeof nothing {
  if (lease && !lease.lost) {
    const left_minutes = Math.floor((Date.parse(lease.expires_at) - now.getTime()) / 60_000)
    return html`<span class="lease ${left_minutes < 3 ? 'incomplete' : ''}" title=${text('desk.lease-explained')}>
      ${text('desk.lease-until', { at: clock(lease.expires_at) })}
    </span>`
  }
  return detail.holder && !detail.holder.mine
    ? html`<span>${text('desk.held-by', { name: detail.holder.name })}</span>`
    : nothing
}

/** What must not be overlooked: a critical result, a side that nobody ordered, images that lack, a lease that went. */
export function banners(
  detail: CaseDetail,
  state: { readonly leaseLost: boolean; readonly imagesChanged: boolean; readonly raised: boolean },
  act: { readonly takeAgain: () => void; readonly lookAgain: () => void; readonly takeFollowUp: () => void },
): TemplateResult {
  return html`${criticalResult(detail)}
  ${
    detail.sides_differ && isOpen(detail.state)
      ? html`<p class="note danger" role="alert">
          ${text('desk.sides-differ', { what: sidesDiffer(detail.sides_differ) })}
        </p>`
      : nothing
  }
  ${
    state.raised
      ? html`<p class="note danger" role="alert">
          ${text('desk.raised', { priority: named('priority', detail.priority), due: clock(detail.due_at) })}
        </p>`
      : nothing
  }
  ${detail.state === 'awaiting_priors' ? html`<p class="note" role="status">${text('desk.awaiting-priors')}</p>` : nothing}
  ${detail.panel ? html`<p class="note ${detail.panel.concluded < detail.panel.asked ? 'warning' : ''}" role="status">${text('desk.panel', detail.panel)}</p>` : nothing}
  ${
    detail.countersign && isOpen(detail.state)
      ? html`<p class="note" role="status">${text('desk.countersign', { where: detail.countersign })}</p>`
      : nothing
  }
  ${
    state.leaseLost
      ? html`<div class="note warning" role="alert">
          <p>${text('desk.lease-lost')}</p>
          <button @click=${act.takeAgain}>${text('desk.take-again')}</button>
        </div>`
      : nothing
  }
  ${
    state.imagesChanged
      ? html`<div class="note warning" role="alert">
          <p>${text('desk.images-changed')}</p>
          <button @click=${act.lookAgain}>${text('desk.images-reload')}</button>
        </div>`
      : nothing
  }
  ${lateImages(detail, act.takeFollowUp)}
  ${
    (isIncomplete(detail) && isOpen(detail.state)) || detail.images.held > 0
      ? html`<p class="note warning missing">${text('desk.incomplete', { what: detail.completeness.sentence })}</p>`
      : nothing
  }
  ${detail.completeness.hint ? html`<p class="soft small hint">${detail.completeness.hint}</p>` : nothing}`
}

/** A critical result: how the first deadline stands, who was told, who acknowledged it. */
function criticalResult({ critical, allowed }: CaseDetail): TemplateResult | typeof nothing {
  if (!critical) return nothing
  const { acknowledged_at, acknowledged_by, clarified_at, differs, disposed_at, due_at, raised_at, told } = critical
  const over = Math.floor((Date.now() - Date.parse(due_at)) / 60_000)
  return html`<div class="note ${acknowledged_at && !differs ? 'success' : 'danger'}" role="status">
    <p>
      <strong>${text('report.critical')}${text('colon')} ${critical.name}</strong>
      ${
        acknowledged_at
          ? text('desk.critical-acknowledged', { name: acknowledged_by ?? '', at: dateAndTime(acknowledged_at) })
          : over >= 1
            ? html`<strong>${text('desk.critical-overdue', { at: clock(raised_at), n: over })}</strong>`
            : text('desk.critical-waiting', { at: clock(raised_at), due: clock(due_at) })
      }
      ${disposed_at ? text('desk.critical-disposed', { at: dateAndTime(disposed_at) }) : nothing}
    </p>
    ${differs ? html`<p><strong>${text('desk.critical-differs', { said: critical.read_back ?? '' })}</strong></p>` : nothing}
    ${allowed.includes('clarify') ? html`<p><a href="/alerts#differs">${text('desk.critical-clarify')}</a></p>` : nothing}
    ${clarified_at && critical.agreed ? html`<p>${text('desk.critical-clarified', { at: dateAndTime(clarified_at), agreed: critical.agreed })}</p>` : nothing}
    <p class="small">${text('desk.critical-told', { who: [...new Set(told)].join(text('list-comma')) })}</p>
  </div>`
}

/** Images that came after the report: until somebody has answered for them. */
function lateImages(detail: CaseDetail, take: () => void): TemplateResult | typeof nothing {
  const { follow_up, late, allowed } = detail
  if (!follow_up) return nothing
  const { holder } = follow_up
  const held = holder !== null && Date.parse(holder.expires_at) > Date.now()
  return html`<div class="note warning late" role="status">
    <p>${text(late === 1 ? 'desk.late-one' : 'desk.late', { n: late, at: dateAndTime(follow_up.opened_at) })}</p>
    ${held ? html`<p>${holder.mine ? text('desk.late-mine', { at: clock(holder.expires_at) }) : text('desk.late-held', { name: holder.name })}</p>` : nothing}
    ${held && holder.mine && !allowed.includes('no-change') ? html`<p>${text('desk.late-verifier')}</p>` : nothing}
    ${allowed.includes('follow-up') ? html`<button class="primary" @click=${take}>${text('desk.follow-up')}</button>` : nothing}
  </div>`
}
