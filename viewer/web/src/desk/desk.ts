/** The desk: images left, report right, one case. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client } from '../api/client'
import type { Office } from '../api/office'
import type { Prior, ScreenState } from '../api/case-detail'
import type { Mark, MarkChange } from '../api/marks'
import type { Content } from '../api/report'
import type { Shelf } from '../keeping/shelf'
import { dateAndTime, text } from '../language'
import { Part } from '../part'
import { ask } from '../shell/ask'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { actionBar } from './action-bar'
import { banners, caseHeader } from './case-header'
import { REPORT_WANTED } from './checks-view'
import { consultationsView } from './consultations-view'
import { correspondenceView } from './correspondence-view'
import { Decisions, type Viewing } from './decisions'
import { unfinished } from './content'
import { leftView } from './left-view'
import { MarkPlaces } from './mark-places'
import { markWords, placeWords } from './mark-words'
import { MOST_MARKS, afterChange, sameMarks, withKey } from './marks'
import { lineView, notOpenView } from './no-line'
import { lackOf } from './opinion'
import { NO_SCREEN, rememberScreen } from './parking'
import { priorsView } from './priors'
import { reportPane } from './report-pane'
import { missingOf, type Judgement } from './judgement'
import { requestView } from './request-view'
import { deskCommandOf, showHelp } from './shortcuts'
import type { Signer } from './signing-words'
import { Work } from './work'
import '../images/image-panel'
import type { ImagePanel } from '../images/image-panel'

/** Images that arrive while somebody reads are told within seconds; nobody waits for them where nothing is written. */
const TICK_MS = 5_000
const IDLE_TICKS = 3

/** So long somebody who leaves waits for what they wrote to be saved. */
const SAVE_MS = 3_000

export class Desk extends Part {
  static override properties = {
    office: { attribute: false },
    client: { attribute: false },
    shelf: { attribute: false },
    signer: { attribute: false },
    caseId: {},
    opensInEmergency: {},
  }
  declare office: Office
  declare shelf: Shelf
  /** Who is signed in. */
  declare signer: Signer
  declare client: Client
  declare caseId: string
  declare opensInEmergency: boolean

  private work: Work | undefined
  private decisions: Decisions | undefined
  private places: MarkPlaces | undefined
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
  private tick: ReturnType<typeof setInterval> | undefined
  private ticks = 0

  override connectedCallback(): void {
    super.connectedCallback()
    document.addEventListener('keydown', this.key)
    document.addEventListener('pointerdown', this.stir)
    document.addEventListener('wheel', this.stir, { passive: true })
    document.addEventListener('visibilitychange', this.seenAgain)
    window.addEventListener('beforeunload', this.leaving)
    window.addEventListener('online', this.lineIsBack)
    this.addEventListener(REPORT_WANTED, this.showReport)
    this.tick = setInterval(this.onTick, TICK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    document.removeEventListener('keydown', this.key)
    document.removeEventListener('pointerdown', this.stir)
    document.removeEventListener('wheel', this.stir)
    document.removeEventListener('visibilitychange', this.seenAgain)
    window.removeEventListener('beforeunload', this.leaving)
    window.removeEventListener('online', this.lineIsBack)
    this.removeEventListener(REPORT_WANTED, this.showReport)
    clearInterval(this.tick)
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
    this.places = new MarkPlaces(
      this.client,
      () => this.studies(),
      () => this.requestUpdate(),
    )
    this.pointOut = false
    this.prior = undefined
    void work.open().then(() => {
      if (work !== this.work || !work.screen) return
      this.prior = work.detail?.priors.find((prior) => prior.case_id === work.screen?.prior)
      notify('success', text('desk.resumed'))
      this.requestUpdate()
    })
  }

  /** What is typed but not saved is saved on the way out. */
  private leave(): void {
    const { work } = this
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
    const forms = this.work?.forms
    if (!forms) return true
    await Promise.race([forms.settle(), new Promise((resolve) => setTimeout(resolve, SAVE_MS))])
    if (!forms.unsent) return true
    const answer = await ask({
      title: text('desk.leave-asks'),
      words: text(forms.lasting ? 'desk.leave-kept' : 'desk.leave-lost'),
      confirm: text('desk.leave'),
      danger: !forms.lasting,
    })
    return answer !== null
  }

  /** The person signs out and has discarded what is unsent. */
  forget(): void {
    this.work?.close()
  }

  private readonly lineIsBack = (): void => {
    this.work?.retry()
    this.panel?.lineIsBack()
  }

  private readonly stir = (): void => this.work?.active()

  private readonly seenAgain = (): void => {
    if (!document.hidden) this.beat()
  }

  private beat(): void {
    void this.work?.check()
    this.requestUpdate()
  }

  private readonly onTick = (): void => {
    this.ticks += 1
    const reads = this.work?.formStep !== undefined || this.work?.detail?.arriving === true
    if (!document.hidden && (reads || this.ticks % IDLE_TICKS === 0)) this.beat()
  }

  private readonly key = (event: KeyboardEvent): void => {
    this.stir()
    const target = event.target as HTMLElement
    if (target.closest('dialog')) return
    const command = deskCommandOf(event, target.closest('input, textarea, select') !== null)
    if (!command) return
    event.preventDefault()
    if (command === 'help') showHelp()
    if (command === 'save') void this.work?.forms.settle()
    if (command === 'decide') void this.decide()
    if (command === 'park' && this.work?.step && this.work.allows('park')) void this.decisions?.park()
    if (command === 'key') this.toggleKey()
    if (command === 'findings') this.querySelector<HTMLElement>('#findings')?.focus()
  }

  private async decide(): Promise<void> {
    const { work, decisions } = this
    if (!work || !decisions || this.busy || !(work.step || work.forms.adding)) return
    if (!(await decisions.settleConflict())) return
    const review = work.step === 'review'
    const lack = work.detail && lackOf(work.content.opinion, work.detail.of_breasts)
    const lacksOpinion = work.withOpinion && lack != null
    const { judgement } = work.forms
    const writes = !review || judgement.outcome === 'amend'
    if ((review && missingOf(judgement)) || (writes && unfinished(work.content).length > 0) || lacksOpinion) {
      this.pointOut = true
      this.side = 'report'
      this.requestUpdate()
      await this.updateComplete
      this.querySelector<HTMLElement>('[aria-invalid=true], fieldset .error')?.focus()
      return
    }
    this.busy = true
    this.requestUpdate()
    if (work.step === 'read' || work.step === 'second' || work.step === 'arbitrate') await decisions.sign()
    if (work.step === 'verify') await decisions.verify()
    if (!work.step && work.forms.adding) await decisions.addendum()
    if (review) await decisions.review(judgement)
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

  private studies(): { own: readonly string[]; earlier: ReadonlyMap<string, string> } {
    const { studies, priors } = this.work?.detail ?? { studies: [], priors: [] }
    const earlier = priors.flatMap((prior) => prior.study_uids.map((uid) => [uid, prior.examined_at] as const))
    return { own: studies.map(({ study_uid }) => study_uid), earlier: new Map(earlier) }
  }

  /** All that are drawn: of the report on the screen, and of blind readings that its arbiter sees. */
  private get marks(): readonly Mark[] {
    const { content, detail } = this.work ?? {}
    const own = content?.marks ?? []
    const others = (detail?.readings ?? []).flatMap((reading) => reading.content.marks ?? [])
    return [...own, ...others.filter(({ id }) => own.every((mark) => mark.id !== id))]
  }

  /** Where nobody writes, what somebody draws stays on the screen alone. */
  private editMarks(edit: (marks: readonly Mark[]) => readonly Mark[]): void {
    const { work } = this
    if (!work?.forms.report) return
    const before = work.content.marks ?? []
    const marks = edit(before)
    if (marks.length > MOST_MARKS) return notify('warning', text('mark.most', { n: MOST_MARKS }))
    if (!sameMarks(marks, before)) work.forms.edit({ ...work.content, marks })
  }

  private readonly marksDrawn = ({ detail }: CustomEvent<MarkChange>): void =>
    this.editMarks((marks) => afterChange(marks, detail))

  private readonly markRemoved = ({ detail }: CustomEvent<Mark>): void =>
    this.editMarks((marks) => marks.filter(({ id }) => id !== detail.id))

  private readonly toggleKey = (): void => {
    const picture = this.panel?.places.picture
    if (picture) this.editMarks((marks) => withKey(marks, picture))
  }

  /** An earlier examination is put beside it first. */
  private readonly markWanted = async ({ detail: mark }: CustomEvent<Mark>): Promise<void> => {
    this.show('images')
    const prior = this.work?.detail?.priors.find(({ study_uids }) => study_uids.includes(mark.study_uid))
    if (prior) this.prior = prior
    this.requestUpdate()
    await this.updateComplete
    this.panel?.places.goToMark(mark)
  }

  /** In words, where the text cursor of the findings was. */
  private readonly markSaid = ({ detail: mark }: CustomEvent<Mark>): void => {
    const { work, places } = this
    const area = this.querySelector<HTMLTextAreaElement>('#findings')
    if (!work || !area) return
    const place = placeWords(mark, places?.of(mark))
    const said = place ? text('mark.said', { what: markWords(mark), place }) : markWords(mark)
    const { findings } = work.content
    const caret = area.selectionEnd
    work.forms.edit({ ...work.content, findings: findings.slice(0, caret) + said + findings.slice(caret) })
    void this.updateComplete.then(() => area.setSelectionRange(caret + said.length, caret + said.length))
  }

  private readonly showReport = (): void => this.show('report')

  private togglePrior(prior: Prior): void {
    this.prior = this.prior === prior ? undefined : prior
    this.requestUpdate()
  }

  override render(): TemplateResult {
    const { places, work } = this
    if (!work?.detail || !places) return notOpenView(work?.failure, this.opensInEmergency)
    const { detail, forms } = work
    const { marks } = this
    places.hold(detail.image_set)
    const studies = detail.studies.map((study) => study.study_uid)
    const sideButton = (side: 'images' | 'report', words: string) =>
      html`<button aria-pressed=${this.side === side} @click=${() => this.show(side)}>${words}</button>`
    return html`${caseHeader(detail, work.lease, new Date())}
      <div class="sides" role="group" aria-label=${text('desk.case')}>
        ${sideButton('images', text('desk.images'))} ${sideButton('report', text('report.heading'))}
      </div>
      <div class="bench" data-side=${this.side}>
        <section id="side-images" class="images dark" aria-label=${text('desk.images')}>
          <tierread-images
            .client=${this.client}
            .studies=${studies}
            .imageSet=${work.imageSet}
            .shown=${work.shown}
            .toSee=${detail.to_see}
            .documents=${detail.documents}
            .otherPersons=${detail.other_persons}
            .restored=${work.screen}
            .prior=${this.prior}
            .marks=${marks}
            @marks-changed=${this.marksDrawn}
            @images-shown=${() => this.requestUpdate()}
          ></tierread-images>
        </section>
        <section
          id="side-report"
          class="report"
          aria-label=${text('report.heading')}
          @report-edited=${this.edited}
          @report-conflict=${() => void this.decisions?.settleConflict()}
          @review-judged=${this.judged}
          @mark-wanted=${this.markWanted}
          @mark-removed=${this.markRemoved}
          @mark-said=${this.markSaid}
          @key-wanted=${this.toggleKey}
        >
          ${banners(
            detail,
            {
              leaseLost: work.lease?.lost === true || (work.formStep !== undefined && work.step === undefined),
              imagesChanged: work.imagesChanged,
              raised: work.raised,
            },
            {
              takeAgain: () => void this.decisions?.claim(),
              lookAgain: () => work.showNewImages(),
              takeFollowUp: () => void this.decisions?.takeFollowUp(),
            },
          )}
          ${lineView(work)} ${leftView(forms.left, work.allows('claim'), (copy) => void forms.discardLeft(copy))}
          ${requestView(detail)} ${correspondenceView(detail)}
          ${priorsView(detail.priors, this.prior, (prior) => this.togglePrior(prior))} ${consultationsView(detail)}
          ${reportPane({ work, places, pointOut: this.pointOut })}
          ${
            this.decisions
              ? actionBar({
                  work,
                  decisions: this.decisions,
                  busy: this.busy,
                  viewing: this.viewing,
                  onDecide: () => void this.decide(),
                })
              : nothing
          }
        </section>
      </div>`
  }

  private edited(event: CustomEvent<Content>): void {
    this.work?.forms.edit(event.detail)
  }

  private judged(event: CustomEvent<Judgement>): void {
    this.work?.forms.judge(event.detail)
  }

  private get panel(): ImagePanel | null {
    return this.querySelector<ImagePanel>('tierread-images')
  }
}
customElements.define('tierread-desk', Desk)
