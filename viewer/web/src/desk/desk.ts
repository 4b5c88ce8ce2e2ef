/** The desk: images left, report right, one case. */
import { html, type PropertyValues, type TemplateResult } from 'lit'
import type { Step } from '../api/case'
import type { Prior, ScreenState } from '../api/case-detail'
import type { Client } from '../api/client'
import type { Mark } from '../api/marks'
import type { Office } from '../api/office'
import type { Content } from '../api/report'
import { examinationOf } from '../case-words'
import type { OwnSettings } from '../keeping/settings'
import type { Shelf } from '../keeping/shelf'
import { dateAndTime, text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { Beside } from './beside'
import { caseHeader } from './case-header'
import { REPORT_WANTED } from './checks-view'
import { Decisions } from './decisions'
import type { DeskPlace } from './key-refusals'
import { obeyKey } from './desk-commands'
import type { Dictation } from './dictation/dictation'
import type { Judgement } from './judgement'
import { imageSide } from './image-side'
import { isLacking } from './lacking'
import { mayLeave } from './leaving'
import { notOpenView } from './no-line'
import { NO_SCREEN, rememberScreen } from './parking'
import { ReportMarks } from './report-marks'
import { reportSide } from './report-side'
import { Rounds } from './rounds'
import type { Signer } from './signing-words'
import { textSizeOf } from './text-size'
import type { Viewing } from './viewing'
import { Work } from './work'
import '../images/image-panel'
import type { ImagePanel } from '../images/image-panel'
import { NextCase } from '../images/next-case'

const PLACES: Readonly<Record<DeskPlace, string>> = {
  findings: '#findings',
  template: '#template, .template-form :is(input, select)',
  dictate: 'tierread-dictation',
}

export class Desk extends Part {
  static override properties = {
    office: { attribute: false },
    client: { attribute: false },
    shelf: { attribute: false },
    settings: { attribute: false },
    signer: { attribute: false },
    caseId: {},
    opensInEmergency: {},
    nextStep: {},
  }
  declare office: Office
  declare shelf: Shelf
  declare settings: OwnSettings
  /** Who is signed in. */
  declare signer: Signer
  declare client: Client
  declare caseId: string
  declare opensInEmergency: boolean
  /** What the list that they come from hands out. */
  declare nextStep: Step | undefined

  private work: Work | undefined
  private decisions: Decisions | undefined
  private marks: ReportMarks | undefined
  private pointOut = false
  private prior: Prior | undefined
  /** On a narrow screen one of the two is seen at a time. */
  private side: 'images' | 'report' = 'images'
  private busy = false
  private readonly viewing: Viewing = {
    account: () => this.panel?.account,
    goTo: (seriesUid) => {
      this.show('images')
      this.panel?.places.goTo(seriesUid)
    },
    screen: () => this.screen(),
    leave: (seriesUid, leaves) => {
      this.work?.shown.leave(seriesUid, leaves)
      this.requestUpdate()
    },
    mayLeave: () => this.work?.detail?.may_leave_series === true,
  }
  private attached: AbortController | undefined
  private readonly rounds = new Rounds(
    () =>
      this.work?.formStep !== undefined || this.work?.allows('accord') === true || this.work?.detail?.arriving === true,
    () => {
      void this.work?.check()
      this.requestUpdate()
    },
  )

  private readonly nextCase = new NextCase({
    present: () => this.work?.step && this.caseId,
    client: () => this.client,
    settings: () => this.settings,
    narrow: () => this.panel?.narrow === true,
    foresee: () => this.office.foresee(this.nextStep),
  })

  private readonly beside = new Beside(() => ({
    ...{ work: this.work, marks: this.marks, panel: this.panel },
    stir: () => this.stir(),
    requestUpdate: () => this.requestUpdate(),
  }))

  override connectedCallback(): void {
    super.connectedCallback()
    const { signal } = (this.attached = new AbortController())
    document.addEventListener('keydown', this.key, { signal })
    document.addEventListener('pointerdown', this.stir, { signal })
    document.addEventListener('wheel', this.stir, { passive: true, signal })
    window.addEventListener('beforeunload', this.leaving, { signal })
    window.addEventListener('online', this.lineIsBack, { signal })
    this.addEventListener(REPORT_WANTED, () => this.show('report'), { signal })
    this.rounds.start(signal)
    this.nextCase.start(signal)
    this.beside.start(signal)
    this.settings.watch(this.redrawn, signal)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.attached?.abort()
    this.leave()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('caseId')) return
    this.leave()
    const work = new Work(this.office, this.shelf, this.caseId, {
      onChange: () => {
        // a prior that may not be seen any longer leaves the screen
        this.prior = this.work?.detail?.priors.find((prior) => prior.case_id === this.prior?.case_id)
        this.requestUpdate()
      },
      onTrouble: (error) => notify('danger', wordsFor(error)),
      onRestored: (at) => notify('success', text('desk.restored', { at: dateAndTime(at) })),
      onSaved: () => notify('success', text('desk.line-is-back')),
    })
    this.work = work
    this.decisions = new Decisions(this.office, work, this.viewing, this.signer, () => (window.location.hash = '#/'))
    this.marks = new ReportMarks(work, this.client, () => this.requestUpdate())
    this.pointOut = false
    this.prior = undefined
    this.beside.begin(work)
    void work.open().then(() => {
      if (work !== this.work || !work.screen) return
      this.prior = work.detail?.priors.find((prior) => prior.case_id === work.screen?.prior)
      notify('success', text('desk.resumed'))
      this.requestUpdate()
    })
  }

  protected override updated(): void {
    const { detail } = this.work ?? {}
    // Never whose it is: titles stand in the bars and histories of a machine.
    document.title = `${detail ? examinationOf(detail) : text('desk.case')} · ${text('brand')}`
    this.beside.tell()
  }

  /** What is typed but not saved is saved on the way out. */
  private leave(): void {
    const { work } = this
    this.nextCase.stop()
    this.beside.leave()
    if (work?.step) rememberScreen(work.caseId, this.screen())
    if (work) void work.forms.settle().finally(() => work.close())
    this.work = undefined
  }

  private readonly leaving = (event: BeforeUnloadEvent): void => {
    if (this.unsent) event.preventDefault()
  }

  /** Whether there are words that nobody else has. */
  get unsent(): boolean {
    return this.work?.forms.unsent === true
  }

  /** Whether the person goes although words are unsent: what can be saved is saved first. */
  async mayLeave(): Promise<boolean> {
    return this.work === undefined || mayLeave(this.work.forms)
  }

  /** The person signs out and has discarded what is unsent. */
  forget(): void {
    this.work?.close()
  }

  private readonly lineIsBack = (): void => {
    this.work?.retry()
    this.panel?.lineIsBack()
  }

  /** Keys, windows or the size of text are others now: what tells of them is drawn anew. */
  private readonly redrawn = (): void => {
    this.requestUpdate()
    for (const part of this.querySelectorAll<Part>('tierread-images, tierread-review-form')) part.requestUpdate()
  }

  private readonly stir = (): void => this.work?.active()

  private readonly key = (event: KeyboardEvent): void => {
    this.stir()
    const { decisions, work } = this
    if (event.key === 'Escape') return this.escape(event)
    obeyKey(event, {
      ...{ decisions, work },
      has: (place) => this.querySelector(PLACES[place]) !== null,
      decide: () => void this.decide(),
      toggleKey: () => this.toggleKey(),
      goToFindings: () => this.querySelector<HTMLElement>(PLACES.findings)?.focus(),
      dictate: () => this.querySelector<Dictation>(PLACES.dictate)?.press(),
      goToTemplate: () => this.querySelector<HTMLElement>(PLACES.template)?.focus(),
      openMore: () => this.openMore(),
      onJudged: () => this.show('report'),
    })
  }

  /** Out of the words and back to the pictures, whose keys are letters; not while an input method is at a word. */
  private escape({ isComposing, target }: KeyboardEvent): void {
    if (isComposing || !(target as HTMLElement).closest('.report :is(textarea, input, select)')) return
    this.panel?.cell?.querySelector<HTMLElement>('.viewport')?.focus()
  }

  /** Whatever else the case allows: its first act has the focus, else the first that changes nothing. */
  private openMore(): void {
    this.show('report')
    const more = this.querySelector<HTMLDetailsElement>('.actions details.more')
    if (more) more.open = true
    this.querySelector<HTMLElement>('.actions :is(.further, [data-folds]) :is(button, a)')?.focus()
  }

  private async decide(): Promise<void> {
    const { work, decisions } = this
    if (!work || !decisions || this.busy) return
    if (!work.step && !work.forms.adding && !work.forms.agreeing)
      return work.allows('claim') ? decisions.claim() : undefined
    if (!(await decisions.settleConflict())) return
    if (isLacking(work)) {
      this.pointOut = true
      this.side = 'report'
      this.requestUpdate()
      await this.updateComplete
      this.querySelector<HTMLElement>('[aria-invalid=true], fieldset:has(.error) input')?.focus()
      return
    }
    this.busy = true
    this.requestUpdate()
    if (work.step === 'read' || work.step === 'second' || work.step === 'arbitrate') await decisions.sign()
    if (work.step === 'verify') await decisions.verify()
    if (!work.step && work.forms.adding) await decisions.addendum()
    if (!work.step && work.forms.agreeing) await decisions.propose()
    if (work.step === 'review') await decisions.review(work.forms.judgement)
    this.busy = false
    this.requestUpdate()
  }

  private screen(): ScreenState {
    return { ...(this.panel?.places.screen ?? NO_SCREEN), prior: this.prior?.case_id ?? '' }
  }

  private show(side: 'images' | 'report'): void {
    this.side = side
    this.requestUpdate()
  }

  /** An earlier examination is put beside it first. */
  private async goToMark(mark: Mark): Promise<void> {
    this.show('images')
    const prior = this.work?.detail?.priors.find(({ study_uids }) => study_uids.includes(mark.study_uid))
    if (prior) this.prior = prior
    this.requestUpdate()
    await this.updateComplete
    this.panel?.places.goToMark(mark)
  }

  /** Where the text cursor of the findings was, and is again behind what was said. */
  private sayMark(mark: Mark): void {
    const area = this.querySelector<HTMLTextAreaElement>('#findings')
    if (!area) return
    const caret = this.marks?.sayAt(area.selectionEnd, mark)
    if (caret !== undefined) void this.updateComplete.then(() => area.setSelectionRange(caret, caret))
  }

  private toggleKey(): void {
    const { panel } = this
    const picture = panel?.isRefused('key') === false && panel.places.picture
    if (picture) this.marks?.toggleKey(picture)
  }

  private togglePrior(prior: Prior): void {
    this.prior = this.prior === prior ? undefined : prior
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { decisions, marks, work } = this
    if (!work?.detail || !marks || !decisions) return notOpenView(work?.failure, this.opensInEmergency)
    const { detail } = work
    marks.places.hold(detail.image_set)
    const sideButton = (side: 'images' | 'report', words: string) =>
      html`<button aria-pressed=${this.side === side} @click=${() => this.show(side)}>${words}</button>`
    return html`${caseHeader(detail, work.lease, new Date())}
      <div class="sides" role="group" aria-label=${text('desk.case')}>
        ${sideButton('images', text('desk.images'))} ${sideButton('report', text('report.heading'))}
      </div>
      <div class="bench" data-side=${this.side}>
        ${imageSide({
          ...{ client: this.client, settings: this.settings, beside: this.beside },
          ...{ work, detail, marks, prior: this.prior },
          onShown: () => this.requestUpdate(),
        })}
        <section
          id="side-report"
          class="report"
          aria-label=${text('report.heading')}
          style="--size: ${textSizeOf(this.settings)}px"
          @report-edited=${(event: CustomEvent<Content>) => work.forms.edit(event.detail)}
          @report-conflict=${() => void decisions.settleConflict()}
          @review-judged=${(event: CustomEvent<Judgement>) => work.forms.judge(event.detail)}
          @mark-wanted=${(event: CustomEvent<Mark>) => void this.goToMark(event.detail)}
          @mark-removed=${(event: CustomEvent<Mark>) => marks.remove(event.detail)}
          @mark-said=${(event: CustomEvent<Mark>) => this.sayMark(event.detail)}
          @key-wanted=${() => this.toggleKey()}
          @common-wanted=${(event: CustomEvent<Content>) => work.forms.beginCommon(event.detail)}
        >
          ${reportSide({
            ...{ work, decisions, places: marks.places, viewing: this.viewing, settings: this.settings },
            ...{ prior: this.prior, pointOut: this.pointOut, busy: this.busy },
            noKey: this.panel?.whyNot('key'),
            onPrior: (prior) => this.togglePrior(prior),
            onDecide: () => void this.decide(),
          })}
        </section>
      </div>`
  }

  private get panel(): ImagePanel | null {
    return this.querySelector<ImagePanel>('tierread-images')
  }
}
customElements.define('tierread-desk', Desk)
