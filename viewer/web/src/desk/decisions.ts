/** What a person decides at the desk: each asks what must be asked, proves who they are where needed, and acts. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import { isIncomplete } from '../case-words'
import { named, text } from '../language'
import { ask } from '../shell/ask'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import type { Judgement } from './judgement'
import type { Reasoned, Work } from './work'

/** Classes of results that must be told at once (China's critical values for imaging). */
export const CRITICAL_CLASSES = [
  'tension_pneumothorax',
  'pneumothorax',
  'intracranial_haemorrhage',
  'stroke',
  'aortic_dissection',
  'pulmonary_embolism',
  'bowel_perforation',
  'bowel_obstruction',
  'organ_rupture',
  'spinal_fracture',
  'foreign_body',
  'other',
] as const

export class Decisions {
  constructor(
    private readonly office: Office,
    private readonly work: Work,
    /** The case has left this person's hands. */
    private readonly onDone: () => void,
  ) {}

  async claim(): Promise<void> {
    await this.attempt(() => this.work.claim())
  }

  async sign(): Promise<void> {
    const reason = await this.confirmSeen('sign')
    if (reason === null) return
    await this.finish('sign', () => this.work.sign(reason))
  }

  async verify(): Promise<void> {
    const reason = await this.confirmSeen('verify')
    if (reason === null) return
    await this.finish('verify', () => this.work.verify(reason))
  }

  async addendum(): Promise<void> {
    const reason = await this.confirmSeen('addendum')
    if (reason === null) return
    await this.finish('addendum', () => this.work.addendum(reason))
  }

  async review({ outcome, score, comment }: Judgement): Promise<void> {
    if (outcome === null) return
    // What is sent back is not signed, so nothing is asked of its images.
    const incomplete = outcome !== 'send_back' && this.isIncomplete()
    const codes = outcome === 'amend' ? await this.printedAsCodes() : nothing
    if (codes === null) return
    const answer = await ask({
      title: text(`desk.outcome.${outcome}`),
      words: html`<p>${text(`desk.outcome.${outcome}.means`)}</p>
        ${codes} ${incomplete ? this.whatIsMissing() : ''}`,
      fields: incomplete ? [{ name: 'reason', label: text('desk.why'), kind: 'text' }] : [],
      confirm: text('desk.review-submit'),
    })
    if (!answer) return
    const reason = incomplete ? (answer['reason'] ?? '') : undefined
    await this.finish('review', () => this.work.review(outcome, score, comment.trim(), reason))
  }

  async takeFollowUp(): Promise<void> {
    await this.attempt(() => this.work.takeFollowUp())
  }

  async nothingChanges(): Promise<void> {
    const incomplete = this.isIncomplete()
    const answer = await ask({
      title: text('desk.no-change'),
      words: html`<p>${text('desk.no-change-means')}</p>
        ${incomplete ? this.whatIsMissing() : ''}`,
      fields: [
        ...(incomplete ? [{ name: 'reason', label: text('desk.why'), kind: 'text' as const }] : []),
        { name: 'comment', label: text('desk.no-change-comment'), kind: 'text', required: false },
      ],
      confirm: text('desk.no-change'),
    })
    if (!answer) return
    const reason = incomplete ? (answer['reason'] ?? '') : undefined
    await this.finish('no-change', () => this.work.nothingChanges(answer['comment'] ?? '', reason))
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
    const answer = await ask({
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
    const answer = await ask({
      title: text('desk.critical'),
      words: text('desk.critical-means'),
      fields: [
        {
          name: 'class',
          label: text('desk.critical-class'),
          kind: 'choice',
          options: [
            { value: '', label: text('desk.critical-choose') },
            ...CRITICAL_CLASSES.map((value) => ({ value, label: named('desk.critical', value) })),
          ],
        },
        { name: 'finding', label: text('desk.critical-finding'), kind: 'text' },
      ],
      confirm: text('desk.critical-confirm'),
      danger: true,
    })
    const criticalClass = answer?.['class']
    if (!criticalClass) return
    if (await this.attempt(() => this.work.raiseCritical(criticalClass, answer['finding'] ?? '')))
      notify('success', text('desk.critical-raised'))
  }

  async withdrawCritical(): Promise<void> {
    const answer = await ask({
      title: text('desk.critical-withdraw'),
      words: text('desk.critical-withdraw-means'),
      confirm: text('desk.critical-withdraw'),
      danger: true,
    })
    if (answer) await this.attempt(() => this.work.withdrawCritical())
  }

  /** Two texts of one draft: the person sees both and says which stands. */
  async settleConflict(): Promise<void> {
    try {
      const theirs = await this.work.draftOnServer()
      if (!theirs) return
      const answer = await ask({
        title: text('desk.conflict'),
        words: html`<h3>${text('desk.conflict-other')}</h3>
          <p class="prose">${theirs.content.findings}</p>
          <p class="prose">${theirs.content.impression}</p>`,
        confirm: text('desk.conflict-keep-mine'),
      })
      if (answer) this.work.keepMine(theirs.revision)
    } catch (error) {
      notify('danger', wordsFor(error))
    }
  }

  /** The reason for signing an incomplete study; undefined where none is needed; null when the person turned back. */
  private async confirmSeen(action: 'sign' | 'verify' | 'addendum'): Promise<string | undefined | null> {
    const { detail, content } = this.work
    if (!detail) return null
    const incomplete = this.isIncomplete()
    const codes = await this.printedAsCodes()
    if (codes === null) return null
    const answer = await ask({
      title: text(`desk.${action}`),
      words: html`<p>${text(`desk.${action}-means`)}</p>
        ${codes}
        <p><strong>${content.positive ? text('report.positive') : text('report.negative')}</strong></p>
        <p class="prose">${content.impression}</p>
        ${incomplete ? this.whatIsMissing() : ''}`,
      fields: incomplete ? [{ name: 'reason', label: text('desk.why'), kind: 'text' }] : [],
      confirm: text(`desk.${action}`),
    })
    if (!answer) return null
    return incomplete ? (answer['reason'] ?? '') : undefined
  }

  /** What of the text a printed sheet has no letters for; null where the server could not say. */
  private async printedAsCodes(): Promise<TemplateResult | typeof nothing | null> {
    try {
      const lost = await this.work.unprintable()
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
    done: 'sign' | 'verify' | 'addendum' | 'review' | 'put-back' | 'no-change' | Reasoned,
    act: () => Promise<void>,
  ): Promise<void> {
    if (!(await this.attempt(act))) return
    notify('success', text(`desk.done.${done}`))
    this.onDone()
  }

  /** Acts; asks for the password first where the server wants it proved again. Whether it was done. */
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
    const answer = await ask({
      title: text('problem.prove-again'),
      words: text('problem.prove-again.advice'),
      fields: [{ name: 'password', label: text('sign-in.password'), kind: 'password' }],
      confirm: text('common.go-on'),
    })
    const password = answer?.['password']
    if (!password) return false
    return this.attempt(() => this.office.prove(password))
  }
}
