/** A person's work at one case: what the server says of it, the lease, the draft, and the decisions that end it. */
import type { Office, Seen } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type {
  Allowed,
  CaseDetail,
  CheckFinding,
  Content,
  ReportVersion,
  ReviewOutcome,
  ScreenState,
  Step,
  Unprintable,
} from '../api/shapes'
import { ShownSeries, type Failed } from '../images/shown-series'
import { FormKeeper, type Listener as FormListener } from '../keeping/form-keeper'
import type { Other, Version } from '../keeping/form-state'
import type { Copy, Shelf } from '../keeping/shelf'
import type { Answers } from '../shell/ask'
import { CheckKeeper } from './checks'
import { EMPTY, sameContent } from './content'
import { ADDENDUM, JUDGED, JUDGEMENT, REPORT, WORDS, reportOf, wordsOf } from './forms'
import { NOT_JUDGED, type Judgement } from './judgement'
import { LeaseKeeper, type LeaseState } from './lease-keeper'
import { Writing } from './writing'

/** Ends the withholding of a case, which nobody holds then. */
type EndOfWithholding = 'restore' | 'read-again' | 'enter-in-error'
/** What is done with a reason. */
export type Reasoned = 'return' | 'escalate' | 'send-back' | 'withhold' | EndOfWithholding

const ENDS: readonly string[] = ['restore', 'read-again', 'enter-in-error'] satisfies EndOfWithholding[]
const endsWithholding = (how: Reasoned): how is EndOfWithholding => ENDS.includes(how)

/** Why it is signed although images are missing, or could not be shown; none where nothing of the kind is so. */
export type Reasons = {
  readonly incomplete_reason?: string
  readonly not_shown_reason?: string
  /** What the checks found and is meant all the same. */
  readonly confirmed?: readonly CheckFinding['check'][]
}

export type Listener = {
  /** Something to be drawn anew. */
  onChange(): void
  /** The server refused something that went on by itself. */
  onTrouble(error: Problem | Unreachable): void
  /** Words that were left in this browser stand in their form again; when they were typed. */
  onRestored(at: string): void
  /** The line is back, and what was written without it is saved. */
  onSaved(): void
}

/** How the form stands that is being filled. */
export type Saving = Pick<FormKeeper<Content>['state'], 'status' | 'savedAt' | 'inHand'> & {
  /** When its words were last copied into the browser. */
  readonly keptAt: string | null
  /** Whether such copies outlive the page. */
  readonly lasting: boolean
  /** Whether it is saved on the server as well, and not only sent with the decision. */
  readonly onServer: boolean
}

export class Work {
  detail: CaseDetail | undefined
  failure: unknown
  lease: LeaseState | undefined
  /** The images that are on the screen, by the digest of their set; more may have arrived since. */
  imageSet = ''
  /** What was on the screen when it was put aside, where this person goes on with it. */
  screen: ScreenState | undefined
  readonly shown = new ShownSeries()
  readonly checks: CheckKeeper
  /** Another one whenever the form was filled from elsewhere. */
  writing: Writing
  /** What was left in this browser and fits no form of the case as it stands. */
  left: readonly Copy[] = []
  private leaseKeeper: LeaseKeeper | undefined
  /** The report that is being written, and what it is kept as; it stays when the lease is lost. */
  private report: FormKeeper<Content> | undefined
  private reportForm = ''
  private heldStep: Step | undefined
  private judging: FormKeeper<Judgement> | undefined
  private readonly words = new Map<string, FormKeeper<Answers>>()
  private wasDown = false
  private closed = false

  constructor(
    private readonly office: Office,
    private readonly shelf: Shelf,
    readonly caseId: string,
    private readonly listener: Listener,
  ) {
    this.writing = new Writing(office, caseId)
    this.checks = new CheckKeeper(
      (content) => office.checks(caseId, content),
      () => listener.onChange(),
    )
  }

  /** The step that this person holds the case for; undefined while they only look. */
  get step(): Step | undefined {
    return this.lease && !this.lease.lost ? this.detail?.lease?.step : undefined
  }

  /** The step whose form is on the screen: it stays there, with all words, when the case is in this person's hands no longer. */
  get formStep(): Step | undefined {
    return this.step ?? (this.report && !this.adding ? this.heldStep : undefined)
  }

  /** A final report is being added to. */
  get adding(): boolean {
    return this.report !== undefined && this.reportForm === ADDENDUM
  }

  /** What the form shows; the report as it stands where nobody fills one. */
  get content(): Content {
    return this.report?.state.words ?? this.version?.content ?? EMPTY
  }

  get judgement(): Judgement {
    return this.judging?.state.words ?? NOT_JUDGED
  }

  get saving(): Saving | undefined {
    const { report } = this
    if (!report) return undefined
    const { status, savedAt, inHand } = report.state
    return { status, savedAt, inHand, keptAt: report.keptAt, lasting: report.lasting, onServer: !this.adding }
  }

  /** The words of the report between which a person has to choose. */
  get reportOther(): Other<Content> | undefined {
    return this.report?.state.other
  }

  get judgementOther(): Other<Judgement> | undefined {
    return this.judging?.state.other
  }

  /** What both sides of a conflict began with. */
  get reportBase(): Content {
    return this.report?.state.sent ?? EMPTY
  }

  /** Whether there are words that nobody else has. */
  get unsent(): boolean {
    return !this.closed && (this.report?.unsent === true || this.judging?.unsent === true)
  }

  /** Whether what is unsent outlives the page. */
  get lasting(): boolean {
    return this.shelf.lasting
  }

  /** Since when there is no line; null while there is. */
  get downSince(): string | null {
    return this.lease?.downSince ?? this.report?.downSince ?? null
  }

  /** The report as it stands, the newest valid version. */
  get version(): ReportVersion | undefined {
    const valid = this.detail?.versions.filter(({ status }) => status === 'preliminary' || status === 'final') ?? []
    return [...valid].sort((a, b) => b.number - a.number)[0]
  }

  get imagesChanged(): boolean {
    return this.detail !== undefined && this.detail.image_set !== this.imageSet
  }

  get changed(): boolean {
    return !sameContent(this.content, this.version?.content ?? EMPTY)
  }

  /** Whether this person's text carries an opinion: they read blind, or decide between two who did. */
  get withOpinion(): boolean {
    const { step, detail } = this
    if (step === 'second' || step === 'arbitrate') return true
    return step === 'read' && detail?.double_reading != null && !this.content.critical_class
  }

  allows(action: Allowed): boolean {
    return this.detail?.allowed.includes(action) ?? false
  }

  async open(): Promise<void> {
    try {
      let detail = await this.office.case(this.caseId)
      if (detail.lease?.parked_at) {
        detail = await this.office.resume(this.caseId)
        this.screen = detail.lease?.screen ?? undefined
      }
      this.take(detail)
      this.failure = undefined
      void this.recall(detail)
    } catch (error) {
      this.failure = error
    }
    this.listener.onChange()
  }

  /** Looks again, without touching what is written: images may have arrived. */
  async lookAgain(): Promise<void> {
    try {
      const detail = await this.office.case(this.caseId)
      if (this.closed) return
      this.detail = detail
      if (detail.lease) this.leaseKeeper?.adopt(detail.lease)
      else this.leaseKeeper?.lose()
      const { version } = this
      if (this.adding && version) this.report?.meet(toBeAddedTo(version))
    } catch (error) {
      this.trouble(error)
    }
    this.listener.onChange()
  }

  /** Whether what is on the screen may stay there: a case that was withheld meanwhile leaves it at once. */
  async check(): Promise<void> {
    const { detail } = this
    if (!detail || this.closed) return
    try {
      const standing = await this.office.standing(this.caseId)
      const gone = detail.priors.some((prior) => !standing.priors.includes(prior.case_id))
      const changed = standing.revision !== detail.revision || standing.image_set !== detail.image_set
      if (gone || changed) await this.lookAgain()
    } catch (error) {
      this.trouble(error)
    }
    this.listener.onChange()
  }

  /** Shows the images that have arrived. */
  showNewImages(): void {
    if (this.detail) this.openImages(this.detail)
    this.listener.onChange()
  }

  async claim(why = ''): Promise<void> {
    await this.office.claim(this.caseId, why)
    await this.open()
  }

  edit(content: Content): void {
    this.report?.edit(content)
    this.checks.edited(content)
    this.leaseKeeper?.wrote()
    this.listener.onChange()
  }

  judge(judgement: Judgement): void {
    this.judging?.edit(judgement)
    this.leaseKeeper?.wrote()
    this.listener.onChange()
  }

  /** Begins an addendum, with the words of the report as it stands. */
  beginAddendum(): void {
    const { version } = this
    if (!version || this.report) return
    this.reportForm = ADDENDUM
    this.report = new FormKeeper(REPORT, this.shelf, this.placeOf(ADDENDUM), toBeAddedTo(version), this.hears())
    this.writing = new Writing(this.office, this.caseId)
    this.listener.onChange()
  }

  /** The person does not want what they began. */
  discardAddendum(): void {
    this.report?.done()
    this.report = undefined
    this.listener.onChange()
  }

  async discardLeft(copy: Copy): Promise<void> {
    this.left = this.left.filter((each) => each !== copy)
    await this.shelf.remove(copy)
    this.listener.onChange()
  }

  /** What a dialog asked for before, here or on a page that is gone, and nobody was told yet. */
  async wordsFor(dialog: string): Promise<FormKeeper<Answers>> {
    const form = wordsOf(dialog)
    const known = this.words.get(form)
    if (known) return known
    const begun = { words: {}, revision: 0, savedAt: null }
    const keeper = new FormKeeper(WORDS, this.shelf, this.placeOf(form), begun, this.hears(false))
    this.words.set(form, keeper)
    keeper.offer((await this.shelf.left(this.caseId)).filter((copy) => copy.form === form))
    return keeper
  }

  /** What a dialog asked for was told. */
  told(dialog: string): void {
    this.words.get(wordsOf(dialog))?.done()
    this.words.delete(wordsOf(dialog))
  }

  /** Saves what is not saved yet. */
  async settle(): Promise<void> {
    await Promise.all([this.report?.settle(), this.judging?.settle()])
  }

  active(): void {
    this.leaseKeeper?.active()
  }

  /** The line may be back. */
  retry(): void {
    this.leaseKeeper?.retry()
    this.report?.retry()
  }

  mergeReport(content: Content, other: Other<Content>): void {
    this.report?.merge(content, other)
    this.writing = new Writing(this.office, this.caseId)
    this.checks.edited(this.content)
    this.listener.onChange()
  }

  mergeJudgement(judgement: Judgement, other: Other<Judgement>): void {
    this.judging?.merge(judgement, other)
    this.listener.onChange()
  }

  /** The characters of the text that a sheet prints as codes. */
  async unprintable(): Promise<readonly Unprintable[]> {
    return await this.office.unprintable(this.content)
  }

  async sign(reasons: Reasons): Promise<void> {
    await this.report?.settle()
    await this.office.sign(this.caseId, this.content, this.report?.state.revision ?? 0, this.seen(reasons))
    this.sent()
  }

  async settleReading(how: 'finalise' | 'defer', why?: string): Promise<void> {
    await this.office.settleReading(this.caseId, how, this.detail?.revision ?? 0, why)
    this.close()
  }

  async verify(reasons: Reasons): Promise<void> {
    await this.office.verify(this.caseId, this.changed ? this.content : undefined, this.seen(reasons))
    this.sent()
  }

  async review(outcome: ReviewOutcome, score: string, comment: string, reasons: Reasons): Promise<void> {
    const report = outcome === 'amend' ? { report: this.content } : {}
    await this.office.review(this.caseId, { outcome, score, comment, ...report }, this.seen(reasons))
    this.sent()
  }

  async addendum(reasons: Reasons): Promise<void> {
    const { version } = this
    if (!version) throw new TypeError('an addendum to no report')
    const { lease_revision: _none, ...seen } = this.seen(reasons)
    await this.office.addendum(version.id, this.content, seen)
    this.sent()
  }

  async takeFollowUp(): Promise<void> {
    await this.office.takeFollowUp(this.caseId)
    await this.lookAgain()
    this.showNewImages()
  }

  /** The images that came after the report change nothing. */
  async nothingChanges(comment: string, reasons: Reasons): Promise<void> {
    const { lease_revision: _none, confirmed: _words, ...seen } = this.seen(reasons)
    await this.office.nothingChanges(this.caseId, this.detail?.follow_up?.revision ?? 0, comment, seen)
    this.close()
  }

  async park(screen: ScreenState): Promise<void> {
    await this.settle()
    await this.office.park(this.caseId, this.leaseRevision(), screen)
    this.close()
  }

  async putBack(): Promise<void> {
    await this.settle()
    await this.office.putBack(this.caseId, this.leaseRevision())
    this.close()
  }

  /** Lets somebody else go on with it, or nobody, and says why. */
  async giveAway(how: Reasoned, why: string): Promise<void> {
    if (how === 'withhold') await this.office.withhold(this.caseId, why)
    else if (endsWithholding(how)) await this.office.endWithholding(this.caseId, how, this.detail?.revision ?? 0, why)
    else await this.office.giveAway(this.caseId, how, this.leaseRevision(), why)
    this.close()
  }

  /** At once: the township hears of it before anything is signed. */
  async raiseCritical(criticalClass: string, finding: string): Promise<void> {
    await this.office.raiseCritical(this.caseId, criticalClass, finding)
    this.edit({ ...this.content, critical_class: criticalClass })
    await this.lookAgain()
  }

  async withdrawCritical(why: string): Promise<void> {
    await this.office.withdrawCritical(this.caseId, this.detail?.critical?.id ?? '', why)
    this.edit({ ...this.content, critical_class: null })
    await this.lookAgain()
  }

  close(): void {
    this.closed = true
    this.checks.stop()
    this.leaseKeeper?.stop()
    for (const keeper of this.keepers()) keeper.close()
  }

  /** The report went out with a decision: nothing of it has to be kept here. */
  private sent(): void {
    this.report?.done()
    this.judging?.done()
    this.close()
  }

  private keepers(): readonly { close(): void }[] {
    return [this.report, this.judging, ...this.words.values()].filter((keeper) => keeper !== undefined)
  }

  /** Images and report go from the screen: this person may not see them any longer. */
  private leaveScreen(error: Problem): void {
    this.close()
    this.detail = undefined
    this.failure = error
  }

  private seen(reasons: Reasons): Seen {
    return {
      lease_revision: this.leaseRevision(),
      image_set: this.imageSet,
      shown_series: this.shown.counts(),
      cannot_show: this.cannotShow(),
      ...reasons,
    }
  }

  /** Of the series that a signature accounts for; never more of one than the server counts. */
  private cannotShow(): Record<string, Failed> {
    const unseen = Object.entries(this.detail?.to_see ?? {}).filter(([uid]) => !this.shown.isShown(uid))
    return Object.fromEntries(
      unseen.flatMap(([uid, number]) => {
        const failed = this.shown.cannotShow(uid)
        if (!failed) return []
        return [
          [uid, failed.pictures === undefined ? failed : { ...failed, pictures: Math.min(failed.pictures, number) }],
        ]
      }),
    )
  }

  private leaseRevision(): number {
    return this.lease?.revision ?? this.detail?.lease?.revision ?? 0
  }

  private take(detail: CaseDetail): void {
    this.leaseKeeper?.stop()
    this.leaseKeeper = undefined
    this.detail = detail
    this.openImages(detail)
    this.lease = undefined
    const { lease } = detail
    if (this.closed) return
    if (!lease) return this.report?.letGo()
    this.leaseKeeper = new LeaseKeeper(
      lease,
      (revision) => this.office.renew(this.caseId, revision),
      (state) => {
        this.lease = state
        if (state.lost) this.report?.letGo()
        this.changedByItself()
      },
    )
    this.lease = this.leaseKeeper.state
    this.hold(detail, lease.step)
    if (this.content.findings || this.content.impression) this.checks.edited(this.content)
  }

  /** The form of the step that the case is held for; one that was filled before goes on. */
  private hold(detail: CaseDetail, step: Step): void {
    const form = reportOf(step)
    const standing = this.draftOf(detail)
    this.heldStep = step
    if (this.report && this.reportForm === form) return this.report.meet(standing)
    this.report?.close()
    this.reportForm = form
    this.report = new FormKeeper(REPORT, this.shelf, this.placeOf(form), standing, this.hears(), {
      save: async (content, revision) => {
        const saved = await this.office.saveDraft(this.caseId, content, revision, this.leaseRevision())
        this.leaseKeeper?.wrote()
        return saved
      },
      look: () => this.draftOnServer(step),
    })
    if (step !== 'review' || this.judging) return
    const begun = { words: NOT_JUDGED, revision: this.version?.number ?? 0, savedAt: null }
    this.judging = new FormKeeper(JUDGED, this.shelf, this.placeOf(JUDGEMENT), begun, this.hears())
  }

  /** What the server has of the report after all; null where the case is held no longer. */
  private async draftOnServer(step: Step): Promise<Version<Content> | null> {
    const detail = await this.office.case(this.caseId)
    if (detail.lease?.step !== step) {
      this.leaseKeeper?.lose()
      return null
    }
    this.leaseKeeper?.adopt(detail.lease)
    return this.draftOf(detail)
  }

  private draftOf({ draft }: CaseDetail): Version<Content> {
    const words = draft?.content ?? this.version?.content ?? EMPTY
    return { words, revision: draft?.revision ?? 0, savedAt: draft?.saved_at ?? null }
  }

  /** Offers what other pages left in this browser: to its form, or to be read where there is none. */
  private async recall(detail: CaseDetail): Promise<void> {
    const copies = (await this.shelf.left(this.caseId)).filter(({ form }) => !form.startsWith(wordsOf('')))
    if (this.closed) return
    if (!detail.lease && this.allows('addendum') && copies.some(({ form }) => form === ADDENDUM)) this.beginAddendum()
    const forms = new Map<string, FormKeeper<Content> | FormKeeper<Judgement>>()
    if (this.report) forms.set(this.reportForm, this.report)
    if (this.judging) forms.set(JUDGEMENT, this.judging)
    for (const [form, keeper] of forms) keeper.offer(copies.filter((copy) => copy.form === form))
    const others = copies.filter(({ form }) => !forms.has(form))
    const signed = others.filter(({ form, words }) => form !== JUDGEMENT && this.isSigned(words as Content))
    for (const copy of signed) await this.shelf.remove(copy)
    this.left = others.filter((copy) => !signed.includes(copy))
    this.listener.onChange()
  }

  /** The answer to a signature may be lost on the way: what was signed is left over, and nobody's loss. */
  private isSigned(content: Content): boolean {
    return this.detail?.versions.some((version) => sameContent(version.content, content)) === true
  }

  private placeOf(form: string): { readonly caseId: string; readonly form: string } {
    return { caseId: this.caseId, form }
  }

  private hears(tells = true): FormListener {
    return {
      onChange: () => this.changedByItself(),
      onRefused: (problem) => this.listener.onTrouble(problem),
      onRestored: (at) => {
        this.writing = new Writing(this.office, this.caseId)
        this.checks.edited(this.content)
        if (tells) this.listener.onRestored(at)
      },
    }
  }

  private changedByItself(): void {
    const isDown = this.downSince !== null
    if (this.wasDown && !isDown && !this.closed) this.listener.onSaved()
    this.wasDown = isDown
    this.listener.onChange()
  }

  private openImages({ image_set, series_digests, to_see }: CaseDetail): void {
    this.imageSet = image_set
    this.shown.hold(series_digests, to_see)
  }

  private trouble(error: unknown): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    if (error instanceof Problem && error.slug === 'not-there') this.leaveScreen(error)
    else if (error instanceof Problem) this.listener.onTrouble(error)
    // a line that is down says nothing about the case: the next look tells
  }
}

const toBeAddedTo = ({ content, number }: ReportVersion): Version<Content> => ({
  words: content,
  revision: number,
  savedAt: null,
})
