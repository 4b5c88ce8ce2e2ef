/** The forms that a person fills at one case, each kept until the server has it: report, judgement, the words of dialogs. */
import type { Office } from '../api/office'
import type { Problem } from '../api/problem'
import type { Step } from '../api/case'
import type { CaseDetail } from '../api/case-detail'
import type { Content, ReportVersion } from '../api/report'
import { FormKeeper, type Listener as KeeperListener, type Server } from '../keeping/form-keeper'
import type { FormState, Other, Version } from '../keeping/form-state'
import type { Copy, Shelf } from '../keeping/shelf'
import type { Answers } from '../shell/ask'
import { CheckKeeper } from './checks'
import { ADDENDUM, COMMON, JUDGED, JUDGEMENT, REPORT, WORDS, reportOf, wordsOf } from './forms'
import { NOT_JUDGED, type Judgement } from './judgement'
import { draftIn, isSigned, standingIn, toBeAddedTo } from './standing-report'
import { Writing } from './writing'

export type Listener = {
  /** Something to be drawn anew. */
  onChange(): void
  /** The person wrote. */
  onWrote(): void
  /** The server refused what was saved by itself. */
  onRefused(problem: Problem): void
  /** Words that were left in this browser stand in their form again; when they were typed. */
  onRestored(at: string): void
}

/** How the form stands that is being filled. */
export type Saving = Pick<FormState<Content>, 'status' | 'savedAt' | 'inHand'> & {
  /** When its words were last copied into the browser. */
  readonly keptAt: string | null
  /** Whether such copies outlive the page. */
  readonly lasting: boolean
  /** Whether it is saved on the server as well, and not only sent with the decision. */
  readonly onServer: boolean
}

export class CaseForms {
  readonly checks: CheckKeeper
  /** Another one whenever the report was filled from elsewhere. */
  writing: Writing
  /** What was left in this browser and fits no form of the case as it stands. */
  left: readonly Copy[] = []
  /** It stays when the lease is lost. */
  private reporting: FormKeeper<Content> | undefined
  /** Whose report it is; undefined for one that belongs to no step. */
  private reportStep: Step | undefined
  /** Which one that is. */
  private apart: typeof ADDENDUM | typeof COMMON = ADDENDUM
  private judging: FormKeeper<Judgement> | undefined
  private readonly dialogs = new Map<string, FormKeeper<Answers>>()
  private closed = false

  constructor(
    private readonly office: Office,
    private readonly shelf: Shelf,
    private readonly caseId: string,
    private readonly listener: Listener,
  ) {
    this.writing = new Writing(office, caseId)
    this.checks = new CheckKeeper(
      (content) => office.checks(caseId, content),
      () => listener.onChange(),
    )
  }

  /** The report that is being written, or the addendum; undefined where nobody fills one. */
  get report(): FormState<Content> | undefined {
    return this.reporting?.state
  }

  /** The step whose report is being written; it stays, with all words, when the case is in this person's hands no longer. */
  get step(): Step | undefined {
    return this.reporting && this.reportStep
  }

  /** A final report is being added to. */
  get adding(): boolean {
    return this.isApart && this.apart === ADDENDUM
  }

  /** One of two who confer writes a text for both. */
  get agreeing(): boolean {
    return this.isApart && this.apart === COMMON
  }

  private get isApart(): boolean {
    return this.reporting !== undefined && this.reportStep === undefined
  }

  get judgement(): Judgement {
    return this.judging?.state.words ?? NOT_JUDGED
  }

  /** A judgement was given elsewhere, too: a person has to choose. */
  get judgementOther(): Other<Judgement> | undefined {
    return this.judging?.state.other
  }

  get saving(): Saving | undefined {
    const { reporting } = this
    if (!reporting) return undefined
    const { status, savedAt, inHand } = reporting.state
    return { status, savedAt, inHand, keptAt: reporting.keptAt, lasting: reporting.lasting, onServer: !this.isApart }
  }

  /** Whether there are words that nobody else has. */
  get unsent(): boolean {
    return !this.closed && (this.reporting?.unsent === true || this.judging?.unsent === true)
  }

  /** Whether what is unsent outlives the page. */
  get lasting(): boolean {
    return this.shelf.lasting
  }

  /** Since when saving fails for want of a line; null while it does not. */
  get downSince(): string | null {
    return this.reporting?.downSince ?? null
  }

  /** The case is held for this step: its form is filled, and one that was filled before goes on. */
  hold(detail: CaseDetail, step: Step, server: Server<Content>): void {
    const draft = draftIn(detail)
    if (this.reporting && this.reportStep === step) this.reporting.meet(draft)
    else {
      this.reporting?.close()
      this.reportStep = step
      this.reporting = new FormKeeper(REPORT, this.shelf, this.placeOf(reportOf(step)), draft, this.hears(), server)
      if (step === 'review') this.judging ??= this.judgementOf(standingIn(detail)?.number ?? 0)
    }
    const { words } = this.reporting.state
    if (words.findings || words.impression) this.checks.edited(words)
  }

  /** The case is in this person's hands no longer: the words stay. */
  letGo(): void {
    this.reporting?.letGo()
  }

  /** Begins an addendum, with the words of the report as it stands. */
  beginAddendum(version: ReportVersion): void {
    this.beginApart(ADDENDUM, toBeAddedTo(version))
  }

  /** Begins a text for both of two who confer, with the words of one of their readings. */
  beginCommon(words: Content): void {
    this.beginApart(COMMON, { words, revision: 0, savedAt: null })
  }

  private beginApart(form: typeof ADDENDUM | typeof COMMON, begun: Version<Content>): void {
    if (this.reporting) return
    this.reportStep = undefined
    this.apart = form
    this.reporting = new FormKeeper(REPORT, this.shelf, this.placeOf(form), begun, this.hears())
    this.writing = new Writing(this.office, this.caseId)
    this.checks.edited(begun.words)
    this.listener.onChange()
  }

  /** The report that an addendum is written to may be another one by now. */
  meetVersion(version: ReportVersion): void {
    if (this.adding) this.reporting?.meet(toBeAddedTo(version))
  }

  /** The person does not want what they began. */
  discardApart(): void {
    this.reporting?.done()
    this.reporting = undefined
    this.listener.onChange()
  }

  edit(content: Content): void {
    this.reporting?.edit(content)
    this.checks.edited(content)
    this.listener.onWrote()
    this.listener.onChange()
  }

  judge(judgement: Judgement): void {
    this.judging?.edit(judgement)
    this.listener.onWrote()
    this.listener.onChange()
  }

  mergeReport(content: Content, other: Other<Content>): void {
    this.reporting?.merge(content, other)
    this.filledFromElsewhere()
    this.listener.onChange()
  }

  mergeJudgement(judgement: Judgement, other: Other<Judgement>): void {
    this.judging?.merge(judgement, other)
    this.listener.onChange()
  }

  /** What a dialog asked for before, here or on a page that is gone, and nobody was told yet. */
  async wordsFor(dialog: string): Promise<FormKeeper<Answers>> {
    const form = wordsOf(dialog)
    const known = this.dialogs.get(form)
    if (known) return known
    const begun = { words: {}, revision: 0, savedAt: null }
    const keeper = new FormKeeper(WORDS, this.shelf, this.placeOf(form), begun, this.hears(false))
    this.dialogs.set(form, keeper)
    keeper.offer((await this.shelf.left(this.caseId)).filter((copy) => copy.form === form))
    return keeper
  }

  /** What a dialog asked for was told. */
  told(dialog: string): void {
    this.dialogs.get(wordsOf(dialog))?.done()
    this.dialogs.delete(wordsOf(dialog))
  }

  /** Offers what other pages left in this browser: to its form, or to be read where there is none. */
  async recall(detail: CaseDetail): Promise<void> {
    const copies = (await this.shelf.left(this.caseId)).filter(({ form }) => !form.startsWith(wordsOf('')))
    if (this.closed) return
    const version = standingIn(detail)
    const mayAdd = !detail.lease && detail.allowed.includes('addendum')
    if (version && mayAdd && copies.some(({ form }) => form === ADDENDUM)) this.beginAddendum(version)
    const [reading] = detail.allowed.includes('propose') ? detail.readings : []
    if (reading && copies.some(({ form }) => form === COMMON)) this.beginCommon(reading.content)
    const forms = new Map<string, FormKeeper<Content> | FormKeeper<Judgement>>()
    if (this.reporting) forms.set(this.reportStep ? reportOf(this.reportStep) : this.apart, this.reporting)
    if (this.judging) forms.set(JUDGEMENT, this.judging)
    for (const [form, keeper] of forms) keeper.offer(copies.filter((copy) => copy.form === form))
    const others = copies.filter(({ form }) => !forms.has(form))
    const signed = others.filter(({ form, words }) => form !== JUDGEMENT && isSigned(detail, words as Content))
    for (const copy of signed) await this.shelf.remove(copy)
    this.left = others.filter((copy) => !signed.includes(copy))
    this.listener.onChange()
  }

  async discardLeft(copy: Copy): Promise<void> {
    this.left = this.left.filter((each) => each !== copy)
    await this.shelf.remove(copy)
    this.listener.onChange()
  }

  /** Saves what is not saved yet. */
  async settle(): Promise<void> {
    await Promise.all([this.reporting?.settle(), this.judging?.settle()])
  }

  /** The line may be back. */
  retry(): void {
    this.reporting?.retry()
  }

  /** All went out with a decision: nothing of it has to be kept here. */
  sent(): void {
    this.reporting?.done()
    this.judging?.done()
  }

  close(): void {
    this.closed = true
    this.checks.stop()
    for (const keeper of [this.reporting, this.judging, ...this.dialogs.values()]) keeper?.close()
  }

  private judgementOf(version: number): FormKeeper<Judgement> {
    const begun = { words: NOT_JUDGED, revision: version, savedAt: null }
    return new FormKeeper(JUDGED, this.shelf, this.placeOf(JUDGEMENT), begun, this.hears())
  }

  private placeOf(form: string): { readonly caseId: string; readonly form: string } {
    return { caseId: this.caseId, form }
  }

  private hears(tells = true): KeeperListener {
    return {
      onChange: () => this.listener.onChange(),
      onRefused: (problem) => this.listener.onRefused(problem),
      onRestored: (at) => {
        this.filledFromElsewhere()
        if (tells) this.listener.onRestored(at)
      },
    }
  }

  private filledFromElsewhere(): void {
    this.writing = new Writing(this.office, this.caseId)
    if (this.reporting) this.checks.edited(this.reporting.state.words)
  }
}
