/** What is asked before somebody signs: what they have not looked at, what the checks found, and what the signature says. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Office, Reasons } from '../api/office'
import type { CheckFinding, Content } from '../api/report'
import { isIncomplete } from '../case-words'
import { text, type TextKey } from '../language'
import { ask, type Field } from '../shell/ask'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { confirmationOf, stopping, warnings } from './checks'
import { findingsView, placeView } from './checks-view'
import { askKept } from './kept-dialog'
import { signingWords, type Signer } from './signing-words'
import { failedView, leftView } from './unseen-view'
import type { Viewing } from './viewing'
import type { Work } from './work'

/** Begins the name of a field that confirms a warning. */
const CONFIRM = 'confirm.'

export const reasonsIn = (answer: Readonly<Record<string, string>>): Reasons => {
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

type Signing = {
  readonly title: string
  /** What becomes of the report. */
  readonly means: string
  readonly confirm: string
  /** What the signature stands under. */
  readonly said: Content
  readonly asksOpinion: boolean
  /** What is said beside the signature. */
  readonly beside?: TemplateResult
  /** Whether the words are of whoever signs, so that the checks are theirs to answer. */
  readonly writes: boolean
  /** They looked at the pictures when they read them: nothing is asked of these. */
  readonly seenBefore?: boolean
}

export class BeforeSigning {
  constructor(
    private readonly office: Office,
    private readonly work: Work,
    private readonly viewing: Viewing,
    private readonly signer: Signer,
  ) {}

  /** The reasons for signing what is incomplete or was not shown, and what is confirmed; null when the person turned back. */
  async signing(dialog: string, { writes, said, seenBefore, ...question }: Signing): Promise<Reasons | null> {
    const { detail, forms } = this.work
    if (!detail || (!seenBefore && !(await this.lookedAtAll()))) return null
    if (writes && !(await this.nothingStops(said))) return null
    const codes = writes ? await this.printedAsCodes(said) : nothing
    if (codes === null) return null
    const answer = await askKept(forms, dialog, {
      title: question.title,
      words: html`<p>${question.means}</p>
        ${codes} ${question.beside ?? nothing} ${signingWords(detail, said, this.signer, question.asksOpinion)}
        ${seenBefore ? nothing : this.notSeen()} ${writes ? this.doubted() : nothing}`,
      fields: [...(writes ? this.confirmations() : []), ...(seenBefore ? [] : this.reasonFields())],
      confirm: question.confirm,
    })
    return answer && reasonsIn(answer)
  }

  reasonFields(): readonly Field[] {
    const field = (name: keyof Reasons, label: TextKey): Field => ({
      name,
      label: text(label),
      kind: 'text',
      most: 500,
    })
    return [
      ...(this.isIncomplete ? [field('incomplete_reason', 'desk.why-incomplete')] : []),
      ...(this.viewing.account()?.failed.length ? [field('not_shown_reason', 'unseen.why')] : []),
    ]
  }

  /** What could not be shown, and what is missing by name. */
  notSeen(): TemplateResult {
    const account = this.viewing.account()
    const missing = html`<p class="note warning">
      ${this.work.detail?.completeness.sentence ?? ''}<br />${text('desk.incomplete-reason')}
    </p>`
    return html`${account ? failedView(account, this.viewing) : nothing} ${this.isIncomplete ? missing : nothing}`
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

  /** Whether no check stops the text as it stands; else the person is shown what has to be mended, and the way there. */
  private async nothingStops(said: Content): Promise<boolean> {
    const { findings, status } = await this.work.forms.checks.now(said)
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
      tells: true,
    })
    return false
  }

  /** What of the text a printed sheet has no letters for; null where the server could not say. */
  private async printedAsCodes(said: Content): Promise<TemplateResult | typeof nothing | null> {
    try {
      const lost = await this.office.unprintable(said)
      if (lost.length === 0) return nothing
      const what = lost.map(({ character, printed }) => `${character} → ${printed}`).join('  ')
      return html`<p class="note warning unprintable">${text('desk.unprintable', { what })}</p>`
    } catch (error) {
      notify('danger', wordsFor(error))
      return null
    }
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

  private doubted(): TemplateResult | typeof nothing {
    const doubted = this.work.forms.checks.state.findings.filter(({ severity }) => severity === 'warns')
    if (doubted.length === 0) return nothing
    return html`<p><strong>${text('check.title')}</strong>${text('colon')}${text('check.confirm-each')}</p>`
  }

  private get isIncomplete(): boolean {
    return this.work.detail !== undefined && isIncomplete(this.work.detail)
  }
}
