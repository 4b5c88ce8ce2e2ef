/** The template of a report: chosen, its fields filled, and the text follows. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { Problem, Unreachable } from '../api/problem'
import type { Content } from '../api/report'
import type { FilledForm, FormValue, Rendered, Template, TemplateOffer } from '../api/templates'
import { text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { fieldView, inLanguage } from './template-fields'
import { followed, isWritten, type Writing } from './writing'

const PAUSE_MS = 300
const PARTS = ['findings', 'impression', 'recommendation'] as const
const NOTHING: Rendered = { findings: '', impression: '', recommendation: '', blank: [] }

/** Tells `report-edited` with the new content whenever a field or the text that follows from it changes. */
class TemplateForm extends Part {
  static override properties = { writing: { attribute: false }, content: { attribute: false } }
  declare writing: Writing
  declare content: Content

  private offers: readonly TemplateOffer[] = []
  private chosen = ''
  private template: Template | undefined
  /** The text of the form as it stands in the report, where nobody has changed it by hand. */
  private standing: Rendered = NOTHING
  /** Parts that somebody has changed by hand: they follow no longer. */
  private byHand: readonly (typeof PARTS)[number][] = []
  /** The impression of the form is not written, for something was before it: until the person asks for it. */
  private leavesImpression = false
  private newest: Rendered = NOTHING
  private asked = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearTimeout(this.timer)
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('writing')) void this.attempt(() => this.open())
  }

  private async open(): Promise<void> {
    this.template = undefined
    this.standing = this.newest = NOTHING
    this.byHand = []
    const { writing } = this
    const offers = await writing.offers()
    const { form } = this.content
    const template = form ? await writing.template(form.template) : undefined
    const rendered = form && template ? await writing.render(form) : NOTHING
    if (writing !== this.writing) return
    this.offers = offers
    this.chosen = offers.find(({ fits }) => fits)?.id ?? ''
    this.template = template
    this.standing = this.newest = rendered
    this.leavesImpression = rendered.impression !== '' && !this.content.impression.includes(rendered.impression)
    if (this.leavesImpression) this.byHand = ['impression']
    this.requestUpdate()
  }

  private async use(): Promise<void> {
    if (!this.chosen) return
    this.template = await this.writing.template(this.chosen)
    this.leavesImpression = isWritten(this.content)
    const form = { template: this.template.id, values: {} }
    this.tell<Content>('report-edited', { ...this.content, form })
    await this.follow(form)
    await this.updateComplete
    this.querySelector<HTMLElement>('.fields input, .fields select, .fields textarea')?.focus()
  }

  /** Writes freely again: the text stays. */
  private leave(): void {
    this.template = undefined
    this.standing = this.newest = NOTHING
    this.byHand = []
    this.tell<Content>('report-edited', { ...this.content, form: null })
    this.requestUpdate()
  }

  private fill(name: string, value: FormValue): void {
    const { form } = this.content
    if (!form) return
    const { [name]: _before, ...others } = form.values
    const values = value === null ? others : { ...others, [name]: value }
    const filled = { ...form, values }
    this.tell<Content>('report-edited', { ...this.content, form: filled })
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.attempt(() => this.follow(filled)), PAUSE_MS)
  }

  /** The text of the newest values, in every part that nobody has changed by hand. */
  private async follow(form: FilledForm): Promise<void> {
    const number = ++this.asked
    const rendered = await this.writing.render(form)
    // more may have been filled, or the form left, while the server wrote
    if (number !== this.asked || this.content.form?.template !== form.template) return
    const content = { ...this.content }
    this.byHand = PARTS.filter((part) => {
      if (part === 'impression' && this.leavesImpression) return rendered.impression !== ''
      const next = followed(content[part], this.standing[part], rendered[part])
      if (next === null) return true
      content[part] = next
      return false
    })
    const standing = { ...rendered }
    for (const part of this.byHand) standing[part] = this.standing[part]
    this.standing = standing
    this.newest = rendered
    this.tell<Content>('report-edited', content)
    this.requestUpdate()
  }

  /** The person wants the text of the form in place of their own. */
  private writeAnew(): void {
    const content = { ...this.content }
    for (const part of this.byHand) content[part] = this.newest[part]
    this.byHand = []
    this.leavesImpression = false
    this.standing = this.newest
    this.tell<Content>('report-edited', content)
    this.requestUpdate()
  }

  private async attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      notify('danger', wordsFor(error))
    }
  }

  override render(): TemplateResult {
    const { form } = this.content
    if (form && this.template) return this.form(form, this.template)
    if (this.offers.length === 0) return html`${nothing}`
    const option = ({ id, title }: TemplateOffer): TemplateResult =>
      html`<option value=${id} ?selected=${id === this.chosen}>${title}</option>`
    const fitting = this.offers.filter(({ fits }) => fits)
    const others = this.offers.filter(({ fits }) => !fits)
    return html`<label class="template">
      <span>${text('desk.template')}</span>
      <select
        id="template"
        @change=${(event: Event) => {
          this.chosen = (event.target as HTMLSelectElement).value
          this.requestUpdate()
        }}
      >
        <option value="">${text('desk.template-choose')}</option>
        ${fitting.map(option)}
        ${others.length === 0 ? nothing : html`<optgroup label=${text('desk.template-others')}>${others.map(option)}</optgroup>`}
      </select>
      <button
        type="button"
        id="use-template"
        ?disabled=${!this.chosen}
        @click=${() => void this.attempt(() => this.use())}
      >
        ${text('desk.template-use')}
      </button>
    </label>`
  }

  private form(form: FilledForm, template: Template): TemplateResult {
    const { title, fields } = template.document
    return html`<details class="template-form" open>
      <summary>${text('desk.template')} · ${inLanguage(title)}</summary>
      <div class="fields">
        ${fields.map((field) => fieldView(field, form.values[field.name], (value) => this.fill(field.name, value), normalOf(template, field.name)))}
      </div>
      ${
        this.newest.blank.length === 0
          ? nothing
          : html`<p class="soft small" role="status">
              ${text('desk.template-blank', { what: this.newest.blank.join(text('list-comma')) })}
            </p>`
      }
      ${
        this.byHand.length === 0
          ? nothing
          : html`<p class="note warning" role="status">
              ${text('desk.template-by-hand', { what: this.byHand.map((part) => text(`report.${part}`)).join(text('list-comma')) })}
              <button type="button" @click=${() => this.writeAnew()}>${text('desk.template-write-anew')}</button>
            </p>`
      }
      <button type="button" class="leave" @click=${() => this.leave()}>${text('desk.template-leave')}</button>
    </details>`
  }
}

/** The sentence that is written while a field is blank, where there is one without other fields in it. */
function normalOf({ document }: Template, name: string): string {
  const normal = document.sentences.find(({ blank }) => blank[0] === name)
  const said = normal ? inLanguage(normal.words) : ''
  return said.includes('{') ? '' : said
}
customElements.define('tierread-template-form', TemplateForm)
