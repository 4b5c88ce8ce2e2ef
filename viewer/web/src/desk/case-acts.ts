/** What a person does with a case, as it is sent to the server together with what they have seen of the images. */
import type { Office, Reasons, Seen } from '../api/office'
import type { ScreenState } from '../api/case-detail'
import type { ReviewOutcome, Settling } from '../api/report'
import type { Work } from './work'

/** What is done with a reason. */
export type Reasoned =
  'return' | 'escalate' | 'send-back' | 'withhold' | 'restore' | 'read-again' | 'enter-in-error' | 'dispute'

/** Each raises Problem, Unreachable. */
export class CaseActs {
  constructor(
    private readonly office: Office,
    private readonly work: Work,
  ) {}

  async sign(reasons: Reasons): Promise<void> {
    const { forms, content } = this.work
    await forms.settle()
    await this.office.sign(this.caseId, content, forms.report?.revision ?? 0, this.seen(reasons))
    this.work.sent()
  }

  async propose(reasons: Reasons): Promise<void> {
    await this.office.propose(this.caseId, this.work.content, this.work.detail?.revision ?? 0, reasons)
    this.work.sent()
  }

  async accord(version: string): Promise<void> {
    await this.office.accord(this.caseId, version, this.work.detail?.revision ?? 0)
    this.work.close()
  }

  async settleReading(how: Settling, why?: string): Promise<void> {
    await this.office.settleReading(this.caseId, how, this.work.detail?.revision ?? 0, why)
    this.work.close()
  }

  async verify(reasons: Reasons): Promise<void> {
    const { changed, content } = this.work
    await this.office.verify(this.caseId, changed ? content : undefined, this.seen(reasons))
    this.work.sent()
  }

  async review(outcome: ReviewOutcome, score: string, comment: string, reasons: Reasons): Promise<void> {
    const report = outcome === 'amend' ? { report: this.work.content } : {}
    await this.office.review(this.caseId, { outcome, score, comment, ...report }, this.seen(reasons))
    this.work.sent()
  }

  async addendum(reasons: Reasons): Promise<void> {
    const { version, content } = this.work
    if (!version) throw new TypeError('an addendum to no report')
    const { lease_revision: _none, ...seen } = this.seen(reasons)
    await this.office.addendum(version.id, content, seen)
    this.work.sent()
  }

  async takeFollowUp(): Promise<void> {
    await this.office.takeFollowUp(this.caseId)
    await this.work.lookAgain()
    this.work.showNewImages()
  }

  /** The images that came after the report change nothing. */
  async nothingChanges(comment: string, reasons: Reasons): Promise<void> {
    const { lease_revision: _none, confirmed: _words, ...seen } = this.seen(reasons)
    await this.office.nothingChanges(this.caseId, this.work.detail?.follow_up?.revision ?? 0, comment, seen)
    this.work.close()
  }

  async park(screen: ScreenState): Promise<void> {
    await this.work.forms.settle()
    await this.office.park(this.caseId, this.work.leaseRevision, screen)
    this.work.close()
  }

  async putBack(): Promise<void> {
    await this.work.forms.settle()
    await this.office.putBack(this.caseId, this.work.leaseRevision)
    this.work.close()
  }

  /** Lets somebody else go on with it, or nobody, and says why. */
  async giveAway(how: Reasoned, why: string): Promise<void> {
    const { detail } = this.work
    if (how === 'withhold') await this.office.withhold(this.caseId, why)
    else if (how === 'dispute') await this.office.dispute(this.caseId, detail?.revision ?? 0, why)
    else if (how === 'return' || how === 'escalate' || how === 'send-back')
      await this.office.giveAway(this.caseId, how, this.work.leaseRevision, why)
    else await this.office.endWithholding(this.caseId, how, detail?.revision ?? 0, why)
    this.work.close()
  }

  /** At once: the township hears of it before anything is signed. */
  async raiseCritical(criticalClass: string, finding: string): Promise<void> {
    const { forms } = this.work
    await this.office.raiseCritical(this.caseId, criticalClass, finding)
    forms.edit({ ...this.work.content, critical_class: criticalClass })
    await this.work.lookAgain()
  }

  async withdrawCritical(why: string): Promise<void> {
    const { forms } = this.work
    await this.office.withdrawCritical(this.caseId, this.work.detail?.critical?.id ?? '', why)
    forms.edit({ ...this.work.content, critical_class: null })
    await this.work.lookAgain()
  }

  private get caseId(): string {
    return this.work.caseId
  }

  private seen(reasons: Reasons): Seen {
    const { detail, imageSet, leaseRevision, shown } = this.work
    return {
      lease_revision: leaseRevision,
      image_set: imageSet,
      shown_series: shown.counts(),
      cannot_show: shown.failures(detail?.to_see ?? {}),
      ...reasons,
    }
  }
}
