/** The report while it is written: findings, impression, result, recommendation, and sentences to start from. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Content } from '../api/shapes'
import { clock, text } from '../language'
import { Part } from '../part'
import type { CheckState } from './checks'
import { checksView } from './checks-view'
import { unfinished, type DraftState } from './draft'
import { templatesFor } from './templates'

/** Tells `report-edited` with the new content at every change, `report-conflict` when the other text is to be compared. */
class ReportForm extends Part {
  static override properties = {
    content: { attribute: false },
    draft: { attribute: false },
    modality: {},
    bodyPart: {},
    pointOut: { attribute: false },
    checks: { attribute: false },
  }
  declare content: Content
  /** Undefined where changes are sent with the decision instead of being saved. */
  declare draft: DraftState | undefined
  declare modality: string
  declare bodyPart: string
  /** Whether missing fields are marked. */
  declare pointOut: boolean
  declare checks: CheckState

  private edit(change: Partial<Content>): void {
    this.tell<Content>('report-edited', { ...this.content, ...change })
  }

  private async useTemplate(id: string): Promise<void> {
    const template = templatesFor(this.modality, this.bodyPart).find((each) => each.id === id)
    if (!template) return
    const add = (before: string, words: string): string =>
      before.trim() === '' ? words : `${before.trimEnd()}\n${words}`
    this.edit({
      findings: add(this.content.findings, text(template.findings)),
      impression: add(this.content.impression, text(template.impression)),
      positive: this.content.positive ?? false,
    })
    await this.updateComplete
    this.querySelector<HTMLTextAreaElement>('#findings')?.focus()
  }

  override render(): TemplateResult {
    const missing = this.pointOut ? unfinished(this.content) : []
    const templates = templatesFor(this.modality, this.bodyPart)
    return html`${
        templates.length === 0
          ? nothing
          : html`<label class="template">
              <span>${text('desk.template')}</span>
              <select
                id="template"
                .value=${''}
                @change=${(event: Event) => {
                  const select = event.target as HTMLSelectElement
                  void this.useTemplate(select.value)
                  select.value = ''
                }}
              >
                <option value="">${text('desk.template-choose')}</option>
                ${templates.map((template) => html`<option value=${template.id}>${text(template.title)}</option>`)}
              </select>
            </label>`
      }
      ${this.saved()} ${this.area('findings', text('report.findings'), 8, missing.includes('findings'))}
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
        ${missing.includes('positive') ? html`<span id="positive-missing" class="error">${text('desk.missing-positive')}</span>` : nothing}
      </fieldset>
      ${this.area('recommendation', text('report.recommendation'), 2, false)} ${checksView(this.checks)}`
  }

  private area(
    name: 'findings' | 'impression' | 'recommendation',
    label: string,
    rows: number,
    missing: boolean,
  ): TemplateResult {
    return html`<label for=${name}>${label}</label>
      <textarea
        id=${name}
        rows=${rows}
        lang=""
        maxlength="10000"
        aria-invalid=${missing}
        aria-describedby=${missing ? `${name}-missing` : nothing}
        .value=${this.content[name]}
        @input=${(event: Event) => this.edit({ [name]: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
      ${missing ? html`<span id="${name}-missing" class="error">${text('desk.missing-text')}</span>` : nothing}`
  }

  private saved(): TemplateResult | typeof nothing {
    if (!this.draft) return nothing
    const { status, savedAt } = this.draft
    if (status === 'conflict')
      return html`<div class="note danger" role="alert">
        <p>${text('desk.conflict')}</p>
        <button @click=${() => this.tell('report-conflict')}>${text('desk.conflict-compare')}</button>
      </div>`
    const words = {
      saved: savedAt ? text('desk.saved-at', { at: clock(savedAt) }) : text('desk.nothing-to-save'),
      unsaved: text('desk.unsaved'),
      saving: text('desk.saving'),
      failed: text('desk.save-failed'),
    }[status]
    return html`<p class="saved ${status}" role="status">${words}</p>`
  }
}
customElements.define('tierread-report-form', ReportForm)
