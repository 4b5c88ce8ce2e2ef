/** What a person decides at the desk: each asks what must be asked, proves who they are where needed, and acts. */
import { html, nothing } from 'lit'
import type { Office, Reasons } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { BlindReading, ReviewOutcome, Settling } from '../api/report'
import { text, type TextKey } from '../language'
import { askToMerge } from '../keeping/merge-view'
import { ask } from '../shell/ask'
import { notify } from '../shell/notices'
import { proveAgain } from '../shell/proof'
import { wordsFor } from '../shell/trouble'
import { BeforeSigning, reasonsIn } from './before-signing'
import { changesView } from './changes-view'
import { CaseActs, type Reasoned } from './case-acts'
import { askCritical } from './critical-dialog'
import { JUDGEMENT_FIELDS, fieldsOfBoth } from './forms'
import { NOT_JUDGED, type Judgement } from './judgement'
import { judgementView } from './judgement-view'
import { askKept } from './kept-dialog'
import { offerToPark } from './parking'
import type { Signer } from './signing-words'
import type { Viewing } from './viewing'
import type { Work } from './work'

export class Decisions {
  private readonly acts: CaseActs
  private readonly before: BeforeSigning

  constructor(
    private readonly office: Office,
    private readonly work: Work,
    private readonly viewing: Viewing,
    signer: Signer,
    /** The case has left this person's hands. */
    private readonly onDone: () => void,
  ) {
    this.acts = new CaseActs(office, work)
    this.before = new BeforeSigning(office, work, viewing, signer)
  }

  async claim(): Promise<void> {
    const claimed = await this.attempt(() => this.claimWithReason())
    if (claimed && this.work.detail) await offerToPark(this.office, this.work.detail)
  }

  /** What waits for earlier images is read without them; they stand beside it when they come. */
  async readWithout(): Promise<void> {
    const answer = await ask({
      title: text('desk.read-without'),
      words: text('desk.read-without-means'),
      confirm: text('desk.read-without'),
    })
    if (answer) await this.attempt(() => this.work.readWithout())
  }

  private async claimWithReason(): Promise<void> {
    try {
      await this.work.claim()
    } catch (error) {
      // Another case would be handed to them first, and the policy wants to know why it is this one.
      if (!(error instanceof Problem && error.slug === 'invalid' && error.field('field') === 'why')) throw error
      const answer = await askKept(this.work.forms, 'claim', {
        title: text('desk.claim'),
        words: text('desk.choose-why'),
        fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
        confirm: text('desk.claim'),
      })
      if (!answer) return
      await this.work.claim(answer['why'])
      this.work.forms.told('claim')
    }
  }

  /** A reading, the second one too, or the decision between two. */
  async sign(): Promise<void> {
    const reasons = await this.signing('sign', this.meaning())
    if (reasons) await this.finish('sign', () => this.acts.sign(reasons))
  }

  async settleReading(how: 'finalise' | 'defer'): Promise<void> {
    if (!this.work.detail?.readings.some(({ mine }) => mine)) return this.deferForReader()
    const answer = await ask({
      title: text(`desk.${how}`),
      words: text(`desk.${how}-means`),
      confirm: text(`desk.${how}`),
    })
    if (answer) await this.finish(how, () => this.acts.settleReading(how))
  }

  /** One of two who confer signs the text that they wrote for both. */
  async propose(): Promise<void> {
    const { content } = this.work
    const title = text('desk.propose')
    const question = { title, means: text('desk.propose-means'), confirm: title, said: content, seenBefore: true }
    const reasons = await this.before.signing('propose', { ...question, asksOpinion: true, writes: true })
    if (reasons) await this.finish('propose', () => this.acts.propose(reasons))
  }

  /** One of two who confer signs what the other one wrote. */
  async accord({ content, id, proposed }: BlindReading): Promise<void> {
    const title = text(proposed ? 'desk.accord-common' : 'desk.accord')
    const means = text(proposed ? 'desk.accord-common-means' : 'desk.accord-means')
    const question = { title, means, confirm: title, said: content, seenBefore: true }
    const reasons = await this.before.signing('accord', { ...question, asksOpinion: true, writes: false })
    if (reasons) await this.finish('accord', () => this.acts.accord(id))
  }

  /** One of two who confer does not agree; a third person, who decides, is told why. */
  async dissent(): Promise<void> {
    const answer = await ask({
      title: text('desk.dissent'),
      words: text('desk.dissent-means'),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text('desk.dissent'),
    })
    const why = answer?.['why']
    if (why) await this.finish('dissent', () => this.acts.settleReading('dissent', why))
  }

  /** A quality manager takes back the reading of somebody who cannot. */
  private async deferForReader(): Promise<void> {
    const answer = await askKept(this.work.forms, 'defer', {
      title: text('desk.defer-for'),
      words: text('desk.defer-for-means'),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text('desk.defer-for'),
    })
    const why = answer?.['why']
    if (why) await this.finish('defer', () => this.acts.settleReading('defer', why))
  }

  async verify(): Promise<void> {
    const reasons = await this.signing('verify', 'desk.verify-means')
    if (reasons) await this.finish('verify', () => this.acts.verify(reasons))
  }

  async addendum(): Promise<void> {
    const reasons = await this.signing('addendum', 'desk.addendum-means')
    if (reasons) await this.finish('addendum', () => this.acts.addendum(reasons))
  }

  async review({ outcome, score, comment }: Judgement): Promise<void> {
    if (outcome === null) return
    const reasons = await this.judging(outcome)
    if (reasons) await this.finish('review', () => this.acts.review(outcome, score, comment.trim(), reasons))
  }

  /** What is sent back is not signed, so nothing is asked of its images. */
  private async judging(outcome: ReviewOutcome): Promise<Reasons | null> {
    const { content, forms, version } = this.work
    const amends = outcome === 'amend'
    const said = amends ? content : version?.content
    const beside = html`${judgementView(forms.judgement)}
    ${amends && version ? changesView(version.content, content) : nothing}`
    const question = {
      title: text(`desk.outcome.${outcome}`),
      means: text(`desk.outcome.${outcome}.means`),
      confirm: text('desk.review-submit'),
    }
    if (outcome === 'send_back' || !said) {
      const answer = await ask({
        ...question,
        words: html`<p>${question.means}</p>
          ${beside}`,
      })
      return answer && {}
    }
    const asksOpinion = said.opinion != null
    return this.before.signing('review', { ...question, said, beside, asksOpinion, writes: amends })
  }

  private signing(dialog: 'sign' | 'verify' | 'addendum', means: TextKey): Promise<Reasons | null> {
    const { content, withOpinion } = this.work
    const title = text(`desk.${dialog}`)
    const question = { title, means: text(means), confirm: title }
    return this.before.signing(dialog, { ...question, said: content, asksOpinion: withOpinion, writes: true })
  }

  async takeFollowUp(): Promise<void> {
    await this.attempt(() => this.acts.takeFollowUp())
  }

  async nothingChanges(): Promise<void> {
    const answer = await askKept(this.work.forms, 'no-change', {
      title: text('desk.no-change'),
      words: html`<p>${text('desk.no-change-means')}</p>
        ${this.before.notSeen()}`,
      fields: [
        ...this.before.reasonFields(),
        { name: 'comment', label: text('desk.no-change-comment'), kind: 'text', required: false },
      ],
      confirm: text('desk.no-change'),
    })
    if (!answer) return
    await this.finish('no-change', () => this.acts.nothingChanges(answer['comment'] ?? '', reasonsIn(answer)))
  }

  /** At once: something more urgent waits. */
  async park(): Promise<void> {
    await this.finish('park', () => this.acts.park(this.viewing.screen()))
  }

  async putBack(): Promise<void> {
    const answer = await ask({
      title: text('desk.put-back'),
      words: text('desk.put-back-means'),
      confirm: text('desk.put-back'),
    })
    if (answer) await this.finish('put-back', () => this.acts.putBack())
  }

  async withReason(action: Reasoned): Promise<void> {
    const answer = await askKept(this.work.forms, action, {
      title: text(`desk.${action}`),
      words: text(`desk.${action}-means`),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text(`desk.${action}`),
      danger: action === 'withhold' || action === 'enter-in-error',
    })
    const why = answer?.['why']
    if (why) await this.finish(action, () => this.acts.giveAway(action, why))
  }

  async critical(): Promise<void> {
    const told = await askCritical(this.work)
    if (!told || !(await this.attempt(() => this.acts.raiseCritical(told.criticalClass, told.finding)))) return
    this.work.forms.told('critical')
    notify('success', text('desk.critical-raised'))
  }

  async withdrawCritical(): Promise<void> {
    const answer = await askKept(this.work.forms, 'critical-withdraw', {
      title: text('desk.critical-withdraw'),
      words: text('desk.critical-withdraw-means'),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text('desk.critical-withdraw'),
      danger: true,
    })
    const why = answer?.['why']
    if (why && (await this.attempt(() => this.acts.withdrawCritical(why)))) this.work.forms.told('critical-withdraw')
  }

  /** Two fillings of one form: the person sees both, field by field, and says what stands. Whether nothing is left open. */
  async settleConflict(): Promise<boolean> {
    const { forms } = this.work
    const { report, judgementOther } = forms
    if (report?.other) {
      const fields = fieldsOfBoth(report.words, report.other.words)
      const words = await askToMerge(fields, report.words, report.sent, report.other)
      if (!words) return false
      forms.mergeReport(words, report.other)
    } else if (judgementOther) {
      const words = await askToMerge(JUDGEMENT_FIELDS, forms.judgement, NOT_JUDGED, judgementOther)
      if (!words) return false
      forms.mergeJudgement(words, judgementOther)
    }
    return forms.report?.other || forms.judgementOther ? this.settleConflict() : true
  }

  /** What becomes of a report that is signed now. */
  private meaning(): TextKey {
    const { step, withOpinion, detail } = this.work
    if (step === 'second') return 'desk.sign-second-means'
    if (step === 'arbitrate') return 'desk.arbitrate-means'
    if (!withOpinion) return 'desk.sign-means'
    return detail?.double_reading?.finality === 'at_once' ? 'desk.sign-first-means' : 'desk.sign-provisionally-means'
  }

  private async finish(
    done:
      | 'sign'
      | 'propose'
      | 'accord'
      | Settling
      | 'verify'
      | 'addendum'
      | 'review'
      | 'put-back'
      | 'park'
      | 'no-change'
      | Reasoned,
    act: () => Promise<void>,
  ): Promise<void> {
    if (!(await this.attempt(act))) return
    this.work.forms.told(done)
    notify('success', text(`desk.done.${done}`))
    this.onDone()
  }

  /** Acts; asks for a proof first where the server wants one again. Whether it was done. */
  private async attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (error instanceof Problem && error.slug === 'prove-again') return (await this.proved()) && this.attempt(act)
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      notify('danger', wordsFor(error))
      if (error instanceof Problem && error.slug === 'stale') await this.work.lookAgain()
      return false
    }
  }

  private async proved(): Promise<boolean> {
    let done = false
    const asked = await this.attempt(async () => {
      done = await proveAgain(this.office)
    })
    return asked && done
  }
}
