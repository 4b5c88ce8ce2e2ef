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
import { CheckKeeper } from './checks'
import { EMPTY, sameContent, type DraftState } from './draft'
import { DraftKeeper } from './draft-keeper'
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
}

export class Work {
  detail: CaseDetail | undefined
  failure: unknown
  lease: LeaseState | undefined
  /** What the form shows; the draft's while one is kept. */
  content: Content = EMPTY
  draft: DraftState | undefined
  /** The images that are on the screen, by the digest of their set; more may have arrived since. */
  imageSet = ''
  /** What was on the screen when it was put aside, where this person goes on with it. */
  screen: ScreenState | undefined
  readonly shown = new ShownSeries()
  readonly checks: CheckKeeper
  readonly writing: Writing
  private leaseKeeper: LeaseKeeper | undefined
  private draftKeeper: DraftKeeper | undefined
  private closed = false

  constructor(
    private readonly office: Office,
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
    this.content = content
    this.draftKeeper?.edit(content)
    this.checks.edited(content)
    this.active()
    this.listener.onChange()
  }

  /** Saves what is not saved yet. */
  async settle(): Promise<void> {
    await this.draftKeeper?.settle()
  }

  active(): void {
    this.leaseKeeper?.active()
  }

  /** After a conflict: what the server has, for comparison. */
  async draftOnServer(): Promise<CaseDetail['draft']> {
    return (await this.office.case(this.caseId)).draft
  }

  keepMine(revision: number): void {
    this.draftKeeper?.keepMine(revision)
  }

  /** The characters of the text that a sheet prints as codes. */
  async unprintable(): Promise<readonly Unprintable[]> {
    return await this.office.unprintable(this.content)
  }

  async sign(reasons: Reasons): Promise<void> {
    await this.draftKeeper?.settle()
    await this.office.sign(this.caseId, this.content, this.draft?.revision ?? 0, this.seen(reasons))
    this.close()
  }

  async settleReading(how: 'finalise' | 'defer', why?: string): Promise<void> {
    await this.office.settleReading(this.caseId, how, this.detail?.revision ?? 0, why)
    this.close()
  }

  async verify(reasons: Reasons): Promise<void> {
    await this.office.verify(this.caseId, this.changed ? this.content : undefined, this.seen(reasons))
    this.close()
  }

  async review(outcome: ReviewOutcome, score: string, comment: string, reasons: Reasons): Promise<void> {
    const report = outcome === 'amend' ? { report: this.content } : {}
    await this.office.review(this.caseId, { outcome, score, comment, ...report }, this.seen(reasons))
    this.close()
  }

  async addendum(reasons: Reasons): Promise<void> {
    const { version } = this
    if (!version) throw new TypeError('an addendum to no report')
    const { lease_revision: _none, ...seen } = this.seen(reasons)
    await this.office.addendum(version.id, this.content, seen)
    this.close()
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
    this.draftKeeper?.stop()
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
      shown_series: this.shown.shown(),
      cannot_show: this.cannotShow(),
      ...reasons,
    }
  }

  /** Of the series that a signature accounts for. */
  private cannotShow(): Record<string, Failed> {
    const unseen = (this.detail?.image_series ?? []).filter((uid) => !this.shown.isShown(uid))
    return Object.fromEntries(
      unseen.flatMap((uid) => {
        const failed = this.shown.cannotShow(uid)
        return failed ? [[uid, failed]] : []
      }),
    )
  }

  private leaseRevision(): number {
    return this.lease?.revision ?? this.detail?.lease?.revision ?? 0
  }

  private take(detail: CaseDetail): void {
    this.leaseKeeper?.stop()
    this.draftKeeper?.stop()
    this.detail = detail
    this.openImages(detail)
    this.lease = undefined
    this.draft = undefined
    this.content = detail.draft?.content ?? this.version?.content ?? EMPTY
    if (!detail.lease || this.closed) return
    this.leaseKeeper = new LeaseKeeper(
      detail.lease,
      (revision) => this.office.renew(this.caseId, revision),
      (lease) => {
        this.lease = lease
        this.listener.onChange()
      },
    )
    this.lease = this.leaseKeeper.state
    if (this.content.findings || this.content.impression) this.checks.edited(this.content)
    if (detail.allowed.includes('save')) this.keepDraft(detail)
  }

  private openImages({ image_set, series_digests }: CaseDetail): void {
    this.imageSet = image_set
    this.shown.hold(series_digests)
  }

  private keepDraft(detail: CaseDetail): void {
    this.draftKeeper = new DraftKeeper(
      { content: this.content, revision: detail.draft?.revision ?? 0, savedAt: detail.draft?.saved_at ?? null },
      (content, revision) => this.office.saveDraft(this.caseId, content, revision, this.leaseRevision()),
      (draft) => {
        this.draft = draft
        this.listener.onChange()
      },
      (problem) => this.listener.onTrouble(problem),
    )
    this.draft = this.draftKeeper.state
  }

  private trouble(error: unknown): void {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    if (error instanceof Problem && error.slug === 'not-there') this.leaveScreen(error)
    else if (error instanceof Problem) this.listener.onTrouble(error)
    // a line that is down says nothing about the case: the next look tells
  }
}
