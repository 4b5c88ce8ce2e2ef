/** The report while it is written: findings, impression, result, recommendation, and sentences to start from. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { Problem, Unreachable } from '../api/problem'
import type { Content, Opinion } from '../api/report'
import type { Phrase } from '../api/templates'
import { clock, text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import type { Saving } from './case-forms'
import type { CheckState } from './checks'
import { changeOf } from './changes-view'
import { checksView } from './checks-view'
import { unfinished } from './content'
import './dictation/dictation'
import { inserted } from './dictation/insert'
import { expanded } from './phrases'
import { editPhrases } from './phrases-dialog'
import './opinion-form'
import './template-form'
import type { Writing } from './writing'

type TextName = 'findings' | 'impression' | 'recommendation'
/** Characters of a text. */
const MOST = 10_000

/** Tells `report-edited` with the new content at every change, `report-conflict` when the other text is to be compared. */
class ReportForm extends Part {
  static override properties = {
    content: { attribute: false },
    standing: { attribute: false },
    saving: { attribute: false },
    writing: { attribute: false },
    pointOut: { attribute: false },
    checks: { attribute: false },
    asksOpinion: { attribute: false },
    paired: { attribute: false },
  }
  declare content: Content
  /** The version that stands, against which changes are marked; undefined where there is none. */
  declare standing: Content | undefined
  declare saving: Saving | undefined
  declare writing: Writing
  /** Whether missing fields are marked. */
  declare pointOut: boolean
  declare checks: CheckState
  /** Whether two people read it blind. */
  declare asksOpinion: boolean
  /** Whether the examination is of two breasts. */
  declare paired: boolean

  private edit(change: Partial<Content>): void {
    this.tell<Content>('report-edited', { ...this.content, ...change })
  }

  private phrases: readonly Phrase[] = []
  /** The text that was written in last: dictated words go where its cursor is. */
  private written: TextName = 'findings'

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('writing')) void this.learnPhrases()
  }

  /** Without a line there are no phrases, and what is typed stays as it is. */
  private async learnPhrases(): Promise<void> {
    try {
      this.phrases = await this.writing.phrases()
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      notify('warning', text('phrase.unknown'))
    }
  }

  private async changePhrases(): Promise<void> {
    this.phrases = await editPhrases(this.writing, this.phrases)
  }

  /** As if they had been typed. */
  private takeDictated(words: string): void {
    const area = this.querySelector<HTMLTextAreaElement>(`#${this.written}`)
    if (!area) return
    const made = inserted(area.value, [area.selectionStart, area.selectionEnd], words, MOST)
    if (!made) return notify('danger', text('dictation.too-long', { words }))
    area.value = made.said
    area.setSelectionRange(made.caret, made.caret)
    area.dispatchEvent(new Event('input', { bubbles: true }))
    area.focus()
  }

  private typed(name: TextName, area: HTMLTextAreaElement): void {
    const phrase = expanded(area.value, area.selectionStart, this.phrases)
    if (phrase) {
      area.value = phrase.said
      area.setSelectionRange(phrase.caret, phrase.caret)
    }
    this.edit({ [name]: area.value })
  }

  override render(): TemplateResult {
    const missing = this.pointOut ? unfinished(this.content) : []
    return html`<tierread-template-form .writing=${this.writing} .content=${this.content}></tierread-template-form>
      ${this.conflict()} ${this.area('findings', text('report.findings'), 8, missing.includes('findings'))}
      ${this.area('impression', text('report.impression'), 4, missing.includes('impression'))}
      <fieldset class="result" aria-describedby=${missing.includes('positive') ? 'positive-missing' : nothing}>
        <legend>${text('report.result')}</legend>
        ${[
          { value: false, words: text('report.negative') },
          { value: true, words: text('report.positive') },
        ].map(
          ({ value, words }) =>
            html`<label>
              <input
                type="radio"
                name="positive"
                value=${String(value)}
                .checked=${this.content.positive === value}
                @change=${() => this.edit({ positive: value })}
              />
              ${words}
            </label>`,
        )}
        ${changeOf('positive', this.standing, this.content)}
        ${missing.includes('positive') ? html`<span id="positive-missing" class="error">${text('desk.missing-positive')}</span>` : nothing}
      </fieldset>
      ${this.asksOpinion ? this.opinion() : nothing}
      ${this.area('recommendation', text('report.recommendation'), 2, false)}
      <p class="phrases-hint">
        <button type="button" @click=${() => void this.changePhrases()}>${text('phrase.title')}</button>
        <span class="soft small">${text('phrase.hint')}</span>
      </p>
      ${checksView(this.checks)}`
  }

  private opinion(): TemplateResult {
    return html`<tierread-opinion-form
        .opinion=${this.content.opinion ?? null}
        .paired=${this.paired}
        .pointOut=${this.pointOut}
        @opinion-given=${(event: CustomEvent<Opinion>) => this.edit({ opinion: event.detail })}
      ></tierread-opinion-form>
      ${changeOf('opinion', this.standing, this.content)}`
  }

  private area(name: TextName, label: string, rows: number, missing: boolean): TemplateResult {
    return html`<div class="heading">
        <label for=${name}>${label}</label>
        ${name === 'findings' ? this.besideFindings() : nothing}
      </div>
      <textarea
        id=${name}
        rows=${rows}
        lang=""
        maxlength=${MOST}
        @focus=${() => (this.written = name)}
        aria-invalid=${missing}
        aria-describedby=${missing ? `${name}-missing` : nothing}
        .value=${this.content[name]}
        @input=${(event: Event) => this.typed(name, event.target as HTMLTextAreaElement)}
      ></textarea>
      ${changeOf(name, this.standing, this.content)}
      ${missing ? html`<span id="${name}-missing" class="error">${text('desk.missing-text')}</span>` : nothing}`
  }

  /** On its line: dictation goes into these words first, and where they are kept is said here for all. */
  private besideFindings(): TemplateResult {
    return html`<tierread-dictation
        .writing=${this.writing}
        @dictated=${({ detail }: CustomEvent<string>) => this.takeDictated(detail)}
      ></tierread-dictation>
      ${this.saved()}`
  }

  /** Other words of this report stand on the server, or were left in this browser. */
  private conflict(): TemplateResult | typeof nothing {
    if (this.saving?.status !== 'conflict') return nothing
    return html`<div class="note danger" role="alert">
      <p>${text('desk.conflict')}</p>
      <button @click=${() => this.tell('report-conflict')}>${text('desk.conflict-compare')}</button>
    </div>`
  }

  /** Where the words lie that stand on the screen. */
  private saved(): TemplateResult | typeof nothing {
    const { saving } = this
    if (!saving || saving.status === 'conflict') return nothing
    const { status, savedAt, keptAt, lasting, inHand, onServer } = saving
    const kept = keptAt && lasting ? text('desk.kept-at', { at: clock(keptAt) }) : text('desk.kept-not')
    const onlyHere = status !== 'saved' && (!onServer || !inHand)
    const words = onlyHere
      ? kept
      : {
          saved: savedAt ? text('desk.saved-at', { at: clock(savedAt) }) : text('desk.nothing-to-save'),
          unsaved: text('desk.unsaved'),
          saving: text('desk.saving'),
          failed: [text('desk.save-failed'), kept].join(text('common.stop')),
        }[status]
    return html`<p class="saved ${onlyHere ? 'kept' : status}" role="status">${words}</p>`
  }
}
customElements.define('tierread-report-form', ReportForm)
