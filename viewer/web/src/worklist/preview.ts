/** A look at the selected case beside the list: what the clinic asks, earlier cases, a picture. Nothing of it counts as seen. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { Case } from '../api/case'
import type { Preview } from '../api/worklist'
import { examinationOf, nameOfPatient, personOf } from '../case-words'
import type { ListAct } from '../keys/acts'
import { keys, shownKey } from '../keys/keys'
import { dateAndTime, day, named, text } from '../language'
import { Part } from '../part'
import { caseAddress } from '../shell/route'
import { wordsFor } from '../shell/trouble'

const STEPS: readonly ListAct[] = ['row-before', 'row-after']

/** So long a row stays selected before it is looked at: whoever passes over rows looks at none of them. */
const RESTS_MS = 300

class CasePreview extends Part {
  static override properties = { office: { attribute: false }, item: { attribute: false } }
  declare office: Office
  declare item: Case | undefined

  private found: Preview | undefined
  private failure: string | undefined
  private of: string | undefined
  private resting: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.resting)
  }

  protected override willUpdate(_: PropertyValues): void {
    const asked = this.item?.id
    if (asked === this.of) return
    this.of = asked
    this.found = undefined
    this.failure = undefined
    clearTimeout(this.resting)
    if (asked) this.resting = setTimeout(() => void this.look(asked), RESTS_MS)
  }

  private async look(id: string): Promise<void> {
    try {
      const found = await this.office.preview(id)
      if (id !== this.of) return
      this.found = found
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (id !== this.of) return
      this.failure = wordsFor(error)
    }
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { item } = this
    if (!item)
      return html`<p class="soft">
        ${text('worklist.preview-none', { keys: STEPS.map((act) => shownKey(keys.keyOf(act))).join(' ') })}
      </p>`
    return html`<h2>${nameOfPatient(item.patient)} <span class="soft">${personOf(item.patient)}</span></h2>
      <p>${examinationOf(item)} · ${item.site.name}<br /><span class="soft">${dateAndTime(item.examined_at)}</span></p>
      ${this.failure ? html`<p class="note danger" role="alert">${this.failure}</p>` : nothing}
      ${this.found ? known(this.found) : nothing}
      <p>
        <a class="button primary" href=${caseAddress(item.id)}>${text('worklist.preview-open')} <kbd>↵</kbd></a>
      </p>`
  }
}
customElements.define('tierread-case-preview', CasePreview)

function known({ request, why, priors, study_uid }: Preview): TemplateResult {
  return html`${
      study_uid
        ? html`<img
            src="/dicomweb/studies/${study_uid}/thumbnail?viewport=256,256"
            alt=${text('worklist.preview-picture')}
            width="256"
            height="256"
            @error=${hide}
          />`
        : nothing
    }
    <h3>${text('worklist.preview-request')}</h3>
    ${
      request.told === 'words'
        ? html`<p class="verbatim" lang="">${request.words}</p>`
        : html`<p class=${request.told === 'held' ? 'note warning' : 'soft'}>${named('request', request.told)}</p>`
    }
    ${request.asked_by || request.department ? html`<p class="soft small">${[request.department, request.asked_by].filter(Boolean).join(' · ')}</p>` : nothing}
    ${
      why
        ? html`<h3>${named('move', why.move)}</h3>
            <p class="verbatim">${why.words}</p>`
        : nothing
    }
    <h3>${text('worklist.preview-priors')}</h3>
    ${
      priors.length
        ? html`<ul>
            ${priors.map((prior) => html`<li>${day(prior.examined_at)} · ${examinationOf(prior)} <span class="soft">${named('state', prior.state)}</span></li>`)}
          </ul>`
        : html`<p class="soft">${text('worklist.preview-no-priors')}</p>`
    }`
}

/** A case without pictures has none. */
function hide(event: Event): void {
  ;(event.target as HTMLImageElement).hidden = true
}
