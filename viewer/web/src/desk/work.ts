/** A person's work at one case: what the server says of it, the lease, the images on the screen, and the forms. */
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { Step } from '../api/case'
import type { Allowed, CaseDetail, ScreenState } from '../api/case-detail'
import type { Content, ReportVersion } from '../api/report'
import { isMoreUrgent } from '../case-words'
import { ShownSeries } from '../images/shown-series'
import type { Server } from '../keeping/form-keeper'
import type { Shelf } from '../keeping/shelf'
import { CaseForms } from './case-forms'
import { EMPTY, sameContent } from './content'
import { LeaseKeeper, type LeaseState } from './lease-keeper'
import { asksOpinion } from './opinion'
import { draftIn, standingIn } from './standing-report'

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

export class Work {
  detail: CaseDetail | undefined
  failure: unknown
  lease: LeaseState | undefined
  /** The images that are on the screen, by the digest of their set; more may have arrived since. */
  imageSet = ''
  /** What was on the screen when it was put aside, where this person goes on with it. */
  screen: ScreenState | undefined
  readonly shown = new ShownSeries()
  readonly forms: CaseForms
  private leaseKeeper: LeaseKeeper | undefined
  private wasDown = false
  private closed = false
  /** Whether it has become more urgent since it was opened. */
  raised = false

  constructor(
    private readonly office: Office,
    shelf: Shelf,
    readonly caseId: string,
    private readonly listener: Listener,
  ) {
    this.forms = new CaseForms(office, shelf, caseId, {
      onChange: () => this.changedByItself(),
      onWrote: () => this.leaseKeeper?.wrote(),
      onRefused: (problem) => listener.onTrouble(problem),
      onRestored: (at) => listener.onRestored(at),
    })
  }

  /** The step that this person holds the case for; undefined while they only look. */
  get step(): Step | undefined {
    return this.lease && !this.lease.lost ? this.detail?.lease?.step : undefined
  }

  /** The step whose form is on the screen: it stays there, with all words, when the case is in this person's hands no longer. */
  get formStep(): Step | undefined {
    return this.step ?? this.forms.step
  }

  /** What the form shows; the report as it stands where nobody fills one. */
  get content(): Content {
    return this.forms.report?.words ?? this.version?.content ?? EMPTY
  }

  /** Since when there is no line; null while there is. */
  get downSince(): string | null {
    return this.lease?.downSince ?? this.forms.downSince
  }

  /** The report as it stands, the newest valid version. */
  get version(): ReportVersion | undefined {
    return this.detail && standingIn(this.detail)
  }

  get imagesChanged(): boolean {
    return this.detail !== undefined && this.detail.image_set !== this.imageSet
  }

  get changed(): boolean {
    return !sameContent(this.content, this.version?.content ?? EMPTY)
  }

  /** What a write says of the lease that it goes by. */
  get leaseRevision(): number {
    return this.lease?.revision ?? this.detail?.lease?.revision ?? 0
  }

  /** Whether this person's text carries an opinion. */
  get withOpinion(): boolean {
    return this.forms.agreeing || (this.detail !== undefined && asksOpinion(this.step, this.detail, this.content))
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
      void this.forms.recall(detail)
    } catch (error) {
      this.failure = error
    }
    this.listener.onChange()
  }

  /** Looks again, without touching what is written: images may have arrived, an order may have made it urgent. */
  async lookAgain(): Promise<void> {
    try {
      const detail = await this.office.case(this.caseId)
      if (this.closed) return
      this.raised ||= this.detail !== undefined && isMoreUrgent(detail.priority, this.detail.priority)
      this.detail = detail
      if (detail.lease) this.leaseKeeper?.adopt(detail.lease)
      else this.leaseKeeper?.lose()
      const { version } = this
      if (version) this.forms.meetVersion(version)
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
      const changed =
        standing.revision !== detail.revision ||
        standing.image_set !== detail.image_set ||
        standing.alerts !== detail.alerts
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

  async readWithout(): Promise<void> {
    await this.office.readWithout(this.caseId, this.detail?.revision ?? 0)
    await this.open()
  }

  async claim(why = ''): Promise<void> {
    await this.office.claim(this.caseId, why)
    await this.open()
  }

  active(): void {
    this.leaseKeeper?.active()
  }

  /** The line may be back. */
  retry(): void {
    this.leaseKeeper?.retry()
    this.forms.retry()
  }

  close(): void {
    this.closed = true
    this.leaseKeeper?.stop()
    this.forms.close()
  }

  /** The report went out with a decision: nothing of it has to be kept here. */
  sent(): void {
    this.forms.sent()
    this.close()
  }

  /** Images and report go from the screen: this person may not see them any longer. */
  private leaveScreen(error: Problem): void {
    this.close()
    this.detail = undefined
    this.failure = error
  }

  private take(detail: CaseDetail): void {
    this.leaseKeeper?.stop()
    this.leaseKeeper = undefined
    this.detail = detail
    this.openImages(detail)
    this.lease = undefined
    const { lease } = detail
    if (this.closed) return
    if (!lease) return this.forms.letGo()
    this.leaseKeeper = new LeaseKeeper(
      lease,
      (revision) => this.office.renew(this.caseId, revision),
      (state) => {
        this.lease = state
        if (state.lost) this.forms.letGo()
        this.changedByItself()
      },
    )
    this.lease = this.leaseKeeper.state
    this.forms.hold(detail, lease.step, this.draftOf(lease.step))
  }

  /** Where the server keeps the report of a step, for as long as the case is held for it. */
  private draftOf(step: Step): Server<Content> {
    return {
      save: async (content, revision) => {
        const saved = await this.office.saveDraft(this.caseId, content, revision, this.leaseRevision)
        this.leaseKeeper?.wrote()
        return saved
      },
      look: async () => {
        const detail = await this.office.case(this.caseId)
        if (detail.lease?.step !== step) {
          this.leaseKeeper?.lose()
          return null
        }
        this.leaseKeeper?.adopt(detail.lease)
        return draftIn(detail)
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
