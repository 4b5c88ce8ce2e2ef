/** What a person decides at the desk: each asks what must be asked, proves who they are where needed, and acts. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Office, Reasons } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { ScreenState } from '../api/case-detail'
import type { CheckFinding, ReviewOutcome } from '../api/report'
import { isIncomplete } from '../case-words'
import type { Account } from '../images/account'
import { text, type TextKey } from '../language'
import { askToMerge } from '../keeping/merge-view'
import { ask, type Answers, type Field, type Option, type Question } from '../shell/ask'
import { notify } from '../shell/notices'
import { proveAgain } from '../shell/proof'
import { wordsFor } from '../shell/trouble'
import { confirmationOf, stopping, warnings } from './checks'
import { findingsView, placeView } from './checks-view'
import { JUDGEMENT_FIELDS, fieldsOfBoth } from './forms'
import { NOT_JUDGED, type Judgement } from './judgement'
import { offerToPark } from './parking'
import { signingWords, type Signer } from './signing-words'
import { failedView, leftView } from './unseen-view'
import type { Reasoned, Work } from './work'

/** What of the images is on the screen. */
export type Viewing = {
  account(): Account | undefined
  /** Opens a series, or tries it again. */
  readonly goTo: (seriesUid: string) => void
  screen(): ScreenState
  /** Marks a series as not needed, or takes that back. */
  readonly leave: (seriesUid: string, leaves: boolean) => void
  /** Whether the rule of the case lets a series be left out. */
  mayLeave(): boolean
}

const CONFIRM = 'confirm.'
/** The fields of a dialog that hold words, or what goes with them: never a password, a code or a confirmation. */
const WORDY: ReadonlySet<Field['kind']> = new Set(['line', 'text', 'choice'])

const reasonsIn = (answer: Readonly<Record<string, string>>): Reasons => {
  const { incomplete_reason, not_shown_reason } = answer
  const confirmed = Object.keys(answer)
    .filter((name) => name.startsWith(CONFIRM))
    .map((name) => name.slice(CONFIRM.length) as CheckFinding['check'])
  return {
    ...(incomplete_reason === undefined ? {} : { incomplete_reason }),
    ...(not_shown_reason === undefined ? {} : { not_shown_reason }),
    ...(confirmed.length === 0 ? {} : { confirmed }),
  }
}

export class Decisions {
  constructor(
    private readonly office: Office,
    private readonly work: Work,
    private readonly viewing: Viewing,
    private readonly signer: Signer,
    /** The case has left this person's hands. */
    private readonly onDone: () => void,
  ) {}

  async claim(): Promise<void> {
    const claimed = await this.attempt(() => this.claimWithReason())
    if (claimed && this.work.detail) await offerToPark(this.office, this.work.detail)
  }

  private async claimWithReason(): Promise<void> {
    try {
      await this.work.claim()
    } catch (error) {
      // Another case would be handed to them first, and the policy wants to know why it is this one.
      if (!(error instanceof Problem && error.slug === 'invalid' && error.field('field') === 'why')) throw error
      const answer = await this.askKept('claim', {
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

  async sign(): Promise<void> {
    const reasons = await this.confirmSeen('sign')
    if (reasons) await this.finish('sign', () => this.work.sign(reasons))
  }

  async settleReading(how: 'finalise' | 'defer'): Promise<void> {
    if (!this.work.detail?.readings.some(({ mine }) => mine)) return this.deferForReader()
    const answer = await ask({
      title: text(`desk.${how}`),
      words: text(`desk.${how}-means`),
      confirm: text(`desk.${how}`),
    })
    if (answer) await this.finish(how, () => this.work.settleReading(how))
  }

  /** A quality manager takes back the reading of somebody who cannot. */
  private async deferForReader(): Promise<void> {
    const answer = await this.askKept('defer', {
      title: text('desk.defer-for'),
      words: text('desk.defer-for-means'),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text('desk.defer-for'),
    })
    const why = answer?.['why']
    if (why) await this.finish('defer', () => this.work.settleReading('defer', why))
  }

  async verify(): Promise<void> {
    const reasons = await this.confirmSeen('verify')
    if (reasons) await this.finish('verify', () => this.work.verify(reasons))
  }

  async addendum(): Promise<void> {
    const reasons = await this.confirmSeen('addendum')
    if (reasons) await this.finish('addendum', () => this.work.addendum(reasons))
  }

  async review({ outcome, score, comment }: Judgement): Promise<void> {
    if (outcome === null) return
    // What is sent back is not signed, so nothing is asked of its images.
    const signs = outcome !== 'send_back'
    if (signs && !(await this.lookedAtAll())) return
    if (outcome === 'amend' && !(await this.nothingStops())) return
    const codes = outcome === 'amend' ? await this.printedAsCodes() : nothing
    if (codes === null) return
    const answer = await this.askKept('review', {
      title: text(`desk.outcome.${outcome}`),
      words: html`<p>${text(`desk.outcome.${outcome}.means`)}</p>
        ${codes} ${signs ? this.whatIsSigned(outcome) : nothing} ${signs ? this.whatIsNotSeen() : ''}
        ${outcome === 'amend' ? this.whatIsDoubted() : nothing}`,
      fields: [...(outcome === 'amend' ? this.confirmations() : []), ...(signs ? this.reasonFields() : [])],
      confirm: text('desk.review-submit'),
    })
    if (!answer) return
    await this.finish('review', () => this.work.review(outcome, score, comment.trim(), signs ? reasonsIn(answer) : {}))
  }

  /** A reviewer signs the report as it stands, or as they have amended it. */
  private whatIsSigned(outcome: ReviewOutcome): TemplateResult | typeof nothing {
    const { detail, content, version } = this.work
    const said = outcome === 'amend' ? content : version?.content
    return detail && said ? signingWords(detail, said, this.signer, said.opinion != null) : nothing
  }

  async takeFollowUp(): Promise<void> {
    await this.attempt(() => this.work.takeFollowUp())
  }

  async nothingChanges(): Promise<void> {
    const answer = await this.askKept('no-change', {
      title: text('desk.no-change'),
      words: html`<p>${text('desk.no-change-means')}</p>
        ${this.whatIsNotSeen()}`,
      fields: [
        ...this.reasonFields(),
        { name: 'comment', label: text('desk.no-change-comment'), kind: 'text', required: false },
      ],
      confirm: text('desk.no-change'),
    })
    if (!answer) return
    await this.finish('no-change', () => this.work.nothingChanges(answer['comment'] ?? '', reasonsIn(answer)))
  }

  /** At once: something more urgent waits. */
  async park(): Promise<void> {
    await this.finish('park', () => this.work.park(this.viewing.screen()))
  }

  async putBack(): Promise<void> {
    const answer = await ask({
      title: text('desk.put-back'),
      words: text('desk.put-back-means'),
      confirm: text('desk.put-back'),
    })
    if (answer) await this.finish('put-back', () => this.work.putBack())
  }

  async withReason(action: Reasoned): Promise<void> {
    const answer = await this.askKept(action, {
      title: text(`desk.${action}`),
      words: text(`desk.${action}-means`),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text(`desk.${action}`),
      danger: action === 'withhold' || action === 'enter-in-error',
    })
    const why = answer?.['why']
    if (why) await this.finish(action, () => this.work.giveAway(action, why))
  }

  async critical(): Promise<void> {
    const answer = await this.askKept('critical', {
      title: text('desk.critical'),
      words: text('desk.critical-means'),
      fields: [
        {
          name: 'class',
          label: text('desk.critical-class'),
          kind: 'choice',
          options: [{ value: '', label: text('desk.critical-choose') }, ...this.classes()],
        },
        { name: 'finding', label: text('desk.critical-finding'), kind: 'text' },
      ],
      confirm: text('desk.critical-confirm'),
      danger: true,
    })
    const criticalClass = answer?.['class']
    if (!criticalClass) return
    if (!(await this.attempt(() => this.work.raiseCritical(criticalClass, answer['finding'] ?? '')))) return
    this.work.forms.told('critical')
    notify('success', text('desk.critical-raised'))
  }

  /** The site's list: what is expected in such an examination comes first. */
  private classes(): readonly Option[] {
    return (this.work.detail?.critical_classes ?? []).map(({ code, name, minutes, fits }) => ({
      value: code,
      label: text('desk.critical-choice', { name, n: minutes }),
      group: text(fits ? 'desk.critical-fits' : 'desk.critical-others'),
    }))
  }

  async withdrawCritical(): Promise<void> {
    const answer = await this.askKept('critical-withdraw', {
      title: text('desk.critical-withdraw'),
      words: text('desk.critical-withdraw-means'),
      fields: [{ name: 'why', label: text('desk.why'), kind: 'text' }],
      confirm: text('desk.critical-withdraw'),
      danger: true,
    })
    const why = answer?.['why']
    if (why && (await this.attempt(() => this.work.withdrawCritical(why)))) this.work.forms.told('critical-withdraw')
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

  /** Asks as `ask` does; the words stay in the browser until they are told. */
  private async askKept(dialog: string, question: Question): Promise<Answers | null> {
    const keeper = await this.work.forms.wordsFor(dialog)
    const fields = (question.fields ?? []).map((field) =>
      WORDY.has(field.kind) ? { ...field, value: keeper.state.words[field.name] ?? field.value ?? '' } : field,
    )
    const names = fields.filter(({ kind }) => WORDY.has(kind)).map(({ name }) => name)
    const onInput = (answers: Answers): void =>
      keeper.edit({ ...keeper.state.words, ...Object.fromEntries(names.map((name) => [name, answers[name] ?? ''])) })
    return ask({ ...question, fields, ...(names.length > 0 ? { onInput } : {}) })
  }

  /** Whether no check stops the text as it stands; else the person is shown what has to be mended, and the way there. */
  private async nothingStops(): Promise<boolean> {
    const { findings, status } = await this.work.forms.checks.now(this.work.content)
    if (status === 'unknown') {
      notify('danger', text('check.failed'))
      return false
    }
    const stops = stopping(findings)
    if (stops.length === 0) return true
    await ask({
      title: text('problem.checks-open'),
      words: html`<p>${text('check.mend-first')}</p>
        <div class="checks">${findingsView(stops)}</div>`,
      confirm: text('common.close'),
    })
    return false
  }

  /** A tick for each warning of the text: confirmed by name, and by whoever signs. */
  private confirmations(): readonly Field[] {
    const { findings } = this.work.forms.checks.state
    return warnings(findings).map((check) => ({
      name: `${CONFIRM}${check}`,
      label: confirmationOf(check, findings),
      kind: 'tick',
      beside: placeView(findings.find((one) => one.check === check && one.part !== null)),
    }))
  }

  private whatIsDoubted(): TemplateResult | typeof nothing {
    const doubted = this.work.forms.checks.state.findings.filter(({ severity }) => severity === 'warns')
    if (doubted.length === 0) return nothing
    return html`<p><strong>${text('check.title')}</strong>${text('colon')}${text('check.confirm-each')}</p>`
  }

  /** The reasons for signing what is incomplete or was not shown; null when the person turned back. */
  private async confirmSeen(action: 'sign' | 'verify' | 'addendum'): Promise<Reasons | null> {
    const { detail, content } = this.work
    if (!detail || !(await this.lookedAtAll()) || !(await this.nothingStops())) return null
    const codes = await this.printedAsCodes()
    if (codes === null) return null
    const answer = await this.askKept(action, {
      title: text(`desk.${action}`),
      words: html`<p>${text(action === 'sign' ? this.meaning() : `desk.${action}-means`)}</p>
        ${codes} ${signingWords(detail, content, this.signer, this.work.withOpinion)} ${this.whatIsNotSeen()}
        ${this.whatIsDoubted()}`,
      fields: [...this.confirmations(), ...this.reasonFields()],
      confirm: text(`desk.${action}`),
    })
    return answer && reasonsIn(answer)
  }

  /** What becomes of a report that is signed now. */
  private meaning(): TextKey {
    const { step, withOpinion, detail } = this.work
    if (step === 'second') return 'desk.sign-second-means'
    if (step === 'arbitrate') return 'desk.arbitrate-means'
    if (!withOpinion) return 'desk.sign-means'
    return detail?.double_reading?.finality === 'at_once' ? 'desk.sign-first-means' : 'desk.sign-provisionally-means'
  }

  /** Whether nothing with images is left to look at; else the person is shown what is, and the way there. */
  private async lookedAtAll(): Promise<boolean> {
    const account = this.viewing.account()
    const next = account?.left[0]
    if (!account || !next) return true
    const answer = await ask({
      title: text('desk.look-first'),
      words: html`${leftView(account, this.viewing)} ${failedView(account, this.viewing)}`,
      confirm: text('unseen.go-next'),
    })
    if (answer) this.viewing.goTo(next.seriesUid)
    return false
  }

  private reasonFields(): readonly Field[] {
    const field = (name: keyof Reasons, label: TextKey): Field => ({
      name,
      label: text(label),
      kind: 'text',
      most: 500,
    })
    return [
      ...(this.isIncomplete() ? [field('incomplete_reason', 'desk.why-incomplete')] : []),
      ...(this.viewing.account()?.failed.length ? [field('not_shown_reason', 'unseen.why')] : []),
    ]
  }

  private whatIsNotSeen(): TemplateResult {
    const account = this.viewing.account()
    return html`${account ? failedView(account, this.viewing) : nothing}
    ${this.isIncomplete() ? this.whatIsMissing() : nothing}`
  }

  /** What of the text a printed sheet has no letters for; null where the server could not say. */
  private async printedAsCodes(): Promise<TemplateResult | typeof nothing | null> {
    try {
      const lost = await this.office.unprintable(this.work.content)
      if (lost.length === 0) return nothing
      const what = lost.map(({ character, printed }) => `${character} → ${printed}`).join('  ')
      return html`<p class="note warning unprintable">${text('desk.unprintable', { what })}</p>`
    } catch (error) {
      notify('danger', wordsFor(error))
      return null
    }
  }

  private isIncomplete(): boolean {
    return this.work.detail !== undefined && isIncomplete(this.work.detail)
  }

  /** What lacks, by name, and that a reason is wanted. */
  private whatIsMissing(): TemplateResult {
    return html`<p class="note warning">
      ${this.work.detail?.completeness.sentence ?? ''}<br />${text('desk.incomplete-reason')}
    </p>`
  }

  private async finish(
    done:
      'sign' | 'finalise' | 'defer' | 'verify' | 'addendum' | 'review' | 'put-back' | 'park' | 'no-change' | Reasoned,
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
