/** The desk: images left, report right, one case. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { Office } from '../api/office'
import type { Content, Prior } from '../api/shapes'
import { text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { banners, caseHeader } from './case-header'
import { Decisions } from './decisions'
import { unfinished } from './draft'
import { priorsView } from './priors'
import { differenceView, reviewsView, versionView } from './report-view'
import './review-form'
import { NOT_JUDGED, missingOf, type Judgement } from './judgement'
import { deskCommandOf, showHelp } from './shortcuts'
import { Work } from './work'
import './report-form'
import '../images/image-panel'

const TICK_MS = 15_000

class Desk extends Part {
  static override properties = { office: { attribute: false }, client: { attribute: false }, caseId: {} }
  declare office: Office
  declare client: Client
  declare caseId: string

  private work: Work | undefined
  private decisions: Decisions | undefined
  private judgement: Judgement = NOT_JUDGED
  private pointOut = false
  /** A final report is being added to. */
  private adding = false
  private prior: Prior | undefined
  /** On a narrow screen one of the two is seen at a time. */
  private side: 'images' | 'report' = 'images'
  private busy = false
  private tick: ReturnType<typeof setInterval> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
    document.addEventListener('pointerdown', this.stir)
    document.addEventListener('wheel', this.stir, { passive: true })
    window.addEventListener('beforeunload', this.leaving)
    this.tick = setInterval(() => this.beat(), TICK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    document.removeEventListener('pointerdown', this.stir)
    document.removeEventListener('wheel', this.stir)
    window.removeEventListener('beforeunload', this.leaving)
    clearInterval(this.tick)
    this.leave()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('caseId')) return
    this.leave()
    const work = new Work(this.office, this.caseId, {
      onChange: () => this.requestUpdate(),
      onTrouble: (error) => notify('danger', wordsFor(error)),
    })
    this.work = work
    this.decisions = new Decisions(this.office, work, () => (window.location.hash = '#/'))
    this.judgement = NOT_JUDGED
    this.pointOut = false
    this.adding = false
    this.prior = undefined
    void work.open()
  }

  /** What is typed but not saved is saved on the way out. */
  private leave(): void {
    const { work } = this
    if (work) void work.settle().finally(() => work.close())
    this.work = undefined
  }

  private readonly leaving = (event: BeforeUnloadEvent): void => {
    const status = this.work?.draft?.status
    if (status === 'unsaved' || status === 'saving' || status === 'failed') event.preventDefault()
  }

  private readonly stir = (): void => this.work?.active()

  private beat(): void {
    if (this.work?.detail?.arriving && !document.hidden) void this.work.lookAgain()
    else this.requestUpdate()
  }

  private readonly key = (event: KeyboardEvent): void => {
    this.stir()
    const target = event.target as HTMLElement
    if (target.closest('dialog')) return
    const command = deskCommandOf(event, target.closest('input, textarea, select') !== null)
    if (!command) return
    event.preventDefault()
    if (command === 'help') showHelp()
    if (command === 'save') void this.work?.settle()
    if (command === 'decide') void this.decide()
    if (command === 'findings') this.querySelector<HTMLElement>('#findings')?.focus()
  }

  private async decide(): Promise<void> {
    const { work, decisions } = this
    if (!work || !decisions || this.busy || !(work.step || this.adding)) return
    const review = work.step === 'review'
    const writes = !review || this.judgement.outcome === 'amend'
    if ((review && missingOf(this.judgement)) || (writes && unfinished(work.content).length > 0)) {
      this.pointOut = true
      this.side = 'report'
      this.requestUpdate()
      await this.updateComplete
      this.querySelector<HTMLElement>('[aria-invalid=true], fieldset .error')?.focus()
      return
    }
    this.busy = true
    this.requestUpdate()
    if (work.step === 'read') await decisions.sign()
    if (work.step === 'verify') await decisions.verify()
    if (!work.step && this.adding) await decisions.addendum()
    if (review) await decisions.review(this.judgement)
    this.busy = false
    this.requestUpdate()
  }

  private show(side: 'images' | 'report'): void {
    this.side = side
    this.requestUpdate()
  }

  private add(): void {
    this.adding = true
    this.requestUpdate()
  }

  private togglePrior(prior: Prior): void {
    this.prior = this.prior === prior ? undefined : prior
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { work } = this
    if (!work?.detail) {
      if (work?.failure === undefined) return html`<p class="waiting" role="status">${text('common.loading')}</p>`
      return html`<div class="note danger" role="alert">
        <p>${wordsFor(work.failure)}</p>
        <a class="button" href="#/">${text('desk.back')}</a>
      </div>`
    }
    const { detail } = work
    const studies = detail.studies.map((study) => study.study_uid)
    const sideButton = (side: 'images' | 'report', words: string) =>
      html`<button aria-pressed=${this.side === side} @click=${() => this.show(side)}>${words}</button>`
    return html`${caseHeader(detail, work.lease, new Date())}
      <div class="sides" role="group" aria-label=${text('desk.case')}>
        ${sideButton('images', text('desk.images'))} ${sideButton('report', text('report.heading'))}
      </div>
      <div class="bench" data-side=${this.side}>
        <section id="side-images" class="images dark ${this.prior ? 'compared' : ''}" aria-label=${text('desk.images')}>
          <tierread-images
            .client=${this.client}
            .studies=${studies}
            .imageSet=${detail.image_set}
            .shown=${work.shown}
            @images-shown=${() => this.requestUpdate()}
          ></tierread-images>
          ${
            this.prior
              ? html`<tierread-images
                  class="prior"
                  .client=${this.client}
                  .studies=${this.prior.study_uids}
                  .imageSet=${this.prior.case_id}
                ></tierread-images>`
              : nothing
          }
        </section>
        <section
          id="side-report"
          class="report"
          aria-label=${text('report.heading')}
          @report-edited=${this.edited}
          @report-conflict=${() => void this.decisions?.settleConflict()}
          @review-judged=${this.judged}
        >
          ${banners(
            detail,
            { leaseLost: work.lease?.lost === true, imagesChanged: work.imagesChanged },
            { takeAgain: () => void this.decisions?.claim(), lookAgain: () => void work.open() },
          )}
          ${priorsView(detail.priors, this.prior, (prior) => this.togglePrior(prior))} ${this.report(work)}
          ${this.actions(work)}
        </section>
      </div>`
  }

  private edited(event: CustomEvent<Content>): void {
    this.work?.edit(event.detail)
  }

  private judged(event: CustomEvent<Judgement>): void {
    this.judgement = event.detail
    this.stir()
    this.requestUpdate()
  }

  private report(work: Work): TemplateResult {
    const { step, version, detail } = work
    if (!detail) return html``
    const form = html`<tierread-report-form
      .content=${work.content}
      .draft=${work.draft}
      .modality=${detail.modality}
      .bodyPart=${detail.body_part}
      .pointOut=${this.pointOut}
    ></tierread-report-form>`
    const before = version?.content
    const difference =
      before && work.changed
        ? html`<details class="changes" open>
            <summary>${text('desk.difference')}</summary>
            ${differenceView(before, work.content, { before: text('report.version-n', { n: version.number }), after: text('desk.mine') })}
          </details>`
        : nothing
    if (step === 'read' || step === 'verify' || this.adding)
      return html`${step === 'verify' && version ? html`<p class="soft">${text('desk.verify-explained')}</p>` : nothing}
      ${form} ${difference} ${reviewsView(detail.reviews)}`
    if (step === 'review')
      return html`${version ? versionView(version) : nothing}
        <tierread-review-form .judgement=${this.judgement} .pointOut=${this.pointOut}></tierread-review-form>
        ${
          this.judgement.outcome === 'amend'
            ? html`<h3>${text('desk.amended')}</h3>
                ${form}${difference}`
            : nothing
        }
        ${reviewsView(detail.reviews)}`
    const versions = [...detail.versions].sort((a, b) => b.number - a.number)
    const [newest, previous] = versions
    return html`${newest ? versionView(newest) : html`<p class="soft">${text('desk.no-report')}</p>`}
    ${
      newest && previous
        ? html`<details class="changes">
            <summary>${text('desk.difference')}</summary>
            ${differenceView(previous.content, newest.content, {
              before: text('report.version-n', { n: previous.number }),
              after: text('report.version-n', { n: newest.number }),
            })}
          </details>`
        : nothing
    }
    ${reviewsView(detail.reviews)}`
  }

  private actions(work: Work): TemplateResult {
    const { decisions, busy } = this
    if (!decisions) return html``
    const decide = { read: text('desk.sign'), verify: text('desk.verify'), review: text('desk.review-submit') }
    const button = (words: string, act: () => unknown, kind = '') =>
      html`<button class=${kind} ?disabled=${busy} @click=${act}>${words}</button>`
    const unshown = work.step ? (work.detail?.studies.length ?? 0) > 0 && !this.everythingShown() : false
    return html`<div class="actions">
      ${unshown ? html`<p class="soft hint">${text('desk.look-first')}</p>` : nothing}
      ${work.step ? button(decide[work.step], () => void this.decide(), 'primary') : nothing}
      ${!work.step && this.adding ? button(text('desk.addendum'), () => void this.decide(), 'primary') : nothing}
      ${!work.step && work.allows('claim') ? button(text('desk.claim'), () => void decisions.claim(), 'primary') : nothing}
      ${
        work.allows('critical')
          ? work.detail?.critical
            ? button(text('desk.critical-withdraw'), () => void decisions.withdrawCritical())
            : button(text('desk.critical'), () => void decisions.critical(), 'danger')
          : nothing
      }
      <details class="more">
        <summary class="button">${text('desk.more')}</summary>
        <div>${this.furtherActions(work, decisions, button)}</div>
      </details>
    </div>`
  }

  private furtherActions(
    work: Work,
    decisions: Decisions,
    button: (words: string, act: () => unknown) => TemplateResult,
  ): TemplateResult {
    return html`${work.step === 'verify' ? button(text('desk.send-back'), () => void decisions.withReason('send-back')) : nothing}
      ${work.allows('put-back') ? button(text('desk.put-back'), () => void decisions.putBack()) : nothing}
      ${work.allows('return') ? button(text('desk.return'), () => void decisions.withReason('return')) : nothing}
      ${work.allows('escalate') ? button(text('desk.escalate'), () => void decisions.withReason('escalate')) : nothing}
      ${work.allows('addendum') && !this.adding ? button(text('desk.addendum'), () => this.add()) : nothing}
      ${
        work.version && work.allows('print')
          ? html`<a class="button" href="/api/reports/${work.version.id}.pdf" target="_blank" rel="noopener"
              >${text('desk.pdf')}</a
            >`
          : nothing
      }
      ${work.allows('withhold') ? button(text('desk.withhold'), () => void decisions.withReason('withhold')) : nothing}
      <button class="keys-help" @click=${showHelp}>${text('desk.keys')} <kbd>?</kbd></button>`
  }

  private everythingShown(): boolean {
    return (
      this.querySelector<HTMLElement & { readonly everythingShown: boolean }>('tierread-images')?.everythingShown ??
      false
    )
  }
}
customElements.define('tierread-desk', Desk)
