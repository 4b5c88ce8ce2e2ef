/** The patient's earlier examinations, to be read or to be opened beside the present one. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Prior } from '../api/case-detail'
import { examinationOf } from '../case-words'
import { day, named, text } from '../language'

/** Whose it is, and how it was found. */
function whose({ patient, found, confirmed }: Prior): TemplateResult {
  const { name, sex, birth_date } = patient
  const person = [name || text('patient-unknown'), sex ? named('sex', sex) : '', birth_date ? day(birth_date) : '']
  return html`${person.filter(Boolean).join(' · ')}
    <span class="soft">${text(`prior.found.${found}`)}</span>
    ${confirmed ? nothing : html`<span class="tag warning">${text('prior.not-confirmed')}</span>`}`
}

export function priorsView(
  priors: readonly Prior[],
  open: Prior | undefined,
  toggle: (prior: Prior) => void,
): TemplateResult | typeof nothing {
  if (priors.length === 0) return nothing
  return html`<details class="priors" ?open=${open !== undefined}>
    <summary>${text('desk.priors', { n: priors.length })}</summary>
    <ul>
      ${priors.map((prior) => {
        const isOpen = prior === open
        return html`<li>
          <div>
            <strong>${day(prior.examined_at)}</strong> ${examinationOf(prior)}
            <p class="small whose">${whose(prior)}</p>
            <p class="prose soft">${prior.impression ?? text('desk.prior-without-report')}</p>
          </div>
          ${
            prior.study_uids.length > 0
              ? html`<button aria-pressed=${isOpen} @click=${() => toggle(prior)}>
                  ${isOpen ? text('desk.prior-close') : text('desk.prior-open')}
                </button>`
              : nothing
          }
        </li>`
      })}
    </ul>
  </details>`
}
