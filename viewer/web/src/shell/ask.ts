/** Asks the person something in a dialog and waits for the answer. */
import { html, nothing, render, type TemplateResult } from 'lit'
import { text } from '../language'

export type Option = {
  readonly value: string
  readonly label: string
  /** The heading under which it stands; options of a group stand together. */
  readonly group?: string
}

export type Field = {
  readonly name: string
  readonly label: string
  readonly kind: 'line' | 'text' | 'password' | 'choice' | 'tick'
  readonly options?: readonly Option[]
  readonly required?: boolean
  readonly value?: string
  /** Stands beside a tick: the way to what is confirmed. */
  readonly beside?: TemplateResult | typeof nothing
  /** Most characters of a text. */
  readonly most?: number
}

export type Question = {
  readonly title: string
  readonly words?: string | TemplateResult
  readonly fields?: readonly Field[]
  readonly confirm: string
  readonly danger?: boolean
}

/** The answers by field name; null when the person thought better of it. */
export function ask(question: Question): Promise<Readonly<Record<string, string>> | null> {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog')
    dialog.className = 'ask'
    dialog.setAttribute('aria-labelledby', 'ask-title')
    document.body.append(dialog)
    let answer: Record<string, string> | null = null
    const confirm = (event: SubmitEvent): void => {
      event.preventDefault()
      const data = new FormData(event.target as HTMLFormElement)
      answer = Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()]))
      dialog.close()
    }
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(answer)
    })
    render(
      html`<form @submit=${confirm} @input=${(event: Event) => weigh(event.currentTarget as HTMLFormElement)}>
        <h2 id="ask-title">${question.title}</h2>
        ${question.words ? html`<div class="words">${question.words}</div>` : nothing}
        ${(question.fields ?? []).map(control)}
        <div class="buttons">
          <button type="button" @click=${() => dialog.close()}>${text('common.cancel')}</button>
          <button type="submit" class=${question.danger ? 'danger' : 'primary'}>${question.confirm}</button>
        </div>
      </form>`,
      dialog,
    )
    const form = dialog.querySelector('form')
    if (form) weigh(form)
    dialog.showModal()
    const first =
      dialog.querySelector<HTMLElement>('input, textarea, select') ??
      dialog.querySelector<HTMLElement>('button[type=submit]')
    first?.focus()
  })
}

/** A text that must be written holds the confirmation back while it is blank. */
function weigh(form: HTMLFormElement): void {
  const blank = [...form.querySelectorAll<HTMLTextAreaElement>('textarea[required]')].some(({ value }) => !value.trim())
  const submit = form.querySelector<HTMLButtonElement>('button[type=submit]')
  if (submit) submit.disabled = blank
}

function control(field: Field): TemplateResult {
  const required = field.required ?? true
  if (field.kind === 'choice')
    return html`<label
      >${field.label}<select name=${field.name} ?required=${required}>
        ${options(field)}
      </select></label
    >`
  if (field.kind === 'tick')
    return html`<div class="tick">
      <label
        ><input type="checkbox" name=${field.name} value="yes" ?required=${required} />
        <span>${field.label}</span></label
      >
      ${field.beside ?? nothing}
    </div>`
  if (field.kind === 'text')
    return html`<label
      >${field.label}<textarea
        name=${field.name}
        rows="3"
        maxlength=${field.most ?? 1000}
        ?required=${required}
        .value=${field.value ?? ''}
      ></textarea>
    </label>`
  const type = field.kind === 'password' ? 'password' : 'text'
  const complete = field.kind === 'password' ? 'current-password' : 'off'
  return html`<label
    >${field.label}<input
      name=${field.name}
      type=${type}
      autocomplete=${complete}
      ?required=${required}
      .value=${field.value ?? ''}
  /></label>`
}

function options({ options = [], value: chosen }: Field): readonly TemplateResult[] {
  const groups = [...new Set(options.map(({ group }) => group))]
  return groups.map((heading) => {
    const inside = options
      .filter(({ group }) => group === heading)
      .map(({ value, label }) => html`<option value=${value} ?selected=${value === chosen}>${label}</option>`)
    return heading === undefined ? html`${inside}` : html`<optgroup label=${heading}>${inside}</optgroup>`
  })
}
