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
  readonly kind: 'line' | 'text' | 'password' | 'code' | 'choice' | 'tick'
  readonly options?: readonly Option[]
  readonly required?: boolean
  readonly value?: string
  /** Stands beside a tick: the way to what is confirmed. */
  readonly beside?: TemplateResult | typeof nothing
  /** Most characters of a text. */
  readonly most?: number
  /** Stands under a code: where it is found. */
  readonly help?: string
}

export type Answers = Readonly<Record<string, string>>

export type Question = {
  readonly title: string
  readonly words?: string | TemplateResult
  readonly fields?: readonly Field[]
  readonly confirm: string
  readonly danger?: boolean
  /** Nothing is asked: it tells something, and one button closes it. */
  readonly tells?: boolean
  /** Needs the room of two columns. */
  readonly wide?: boolean
  /** What is filled in so far, at every change: to be kept by whoever asks. */
  readonly onInput?: (answers: Answers) => void
  /** Tries the answers while the dialog stands: "" closes it, a sentence is shown and everything typed stays. */
  readonly attempt?: (answers: Answers) => Promise<string>
  /** Another way to confirm, which needs no field filled in. */
  readonly other?: { readonly label: string; readonly attempt: () => Promise<string> }
}

/** The answers by field name; null when the person thought better of it. */
export function ask(question: Question): Promise<Answers | null> {
  return new Promise((resolve) => {
    const dialog = document.createElement('dialog')
    dialog.className = question.wide ? 'ask wide' : 'ask'
    dialog.setAttribute('aria-labelledby', 'ask-title')
    document.body.append(dialog)
    let answer: Record<string, string> | null = null
    let pending = false
    const settle = async (answers: Record<string, string>, attempt?: () => Promise<string>): Promise<void> => {
      if (pending) return
      pending = true
      try {
        if (attempt && (await refusedBy(dialog, attempt))) return
      } finally {
        pending = false
      }
      answer = answers
      dialog.close()
    }
    const confirm = (event: SubmitEvent): void => {
      event.preventDefault()
      const answers = answersIn(event.target as HTMLFormElement)
      const { attempt } = question
      void settle(answers, attempt && (() => attempt(answers)))
    }
    const input = (event: Event): void => {
      const form = event.currentTarget as HTMLFormElement
      weigh(form)
      question.onInput?.(answersIn(form))
    }
    const before = document.activeElement
    dialog.addEventListener('close', () => {
      dialog.remove()
      giveBack(before)
      resolve(answer)
    })
    // As at the desk: the key that decides confirms, in a text too, where Enter is a new line. One that is still held
    // from before opened the dialog, or answered the one before: it confirms nothing.
    dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return
      const decides = event.ctrlKey || event.metaKey
      if (event.repeat && (decides || !(event.target instanceof HTMLTextAreaElement))) return event.preventDefault()
      if (!decides) return
      event.preventDefault()
      const submit = dialog.querySelector<HTMLButtonElement>('button[type=submit]')
      if (submit && !submit.disabled) submit.form?.requestSubmit(submit)
    })
    render(
      html`<form @submit=${confirm} @input=${input}>
        <h2 id="ask-title">${question.title}</h2>
        ${question.words ? html`<div class="words">${question.words}</div>` : nothing}
        ${question.other ? otherWay(question.other, settle) : nothing} ${(question.fields ?? []).map(control)}
        <p class="note danger refused" role="alert" hidden></p>
        <div class="buttons">
          ${question.tells ? nothing : html`<button type="button" @click=${() => dialog.close()}>${text('common.cancel')}</button>`}
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

/** To where it was, or to the menu that was folded over it meanwhile. */
function giveBack(before: Element | null): void {
  if (!(before instanceof HTMLElement) || document.activeElement !== document.body) return
  before.focus()
  if (document.activeElement === document.body) before.closest('details')?.querySelector('summary')?.focus()
}

const answersIn = (form: HTMLFormElement): Record<string, string> =>
  Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]))

/** Whether an attempt was refused; the sentence that says why stands in the dialog then. */
async function refusedBy(dialog: HTMLDialogElement, attempt: () => Promise<string>): Promise<boolean> {
  const told = dialog.querySelector<HTMLElement>('.refused')
  if (told) told.hidden = true
  const refused = await attempt()
  if (!refused) return false
  if (told) {
    told.textContent = refused
    told.hidden = false
  }
  dialog.querySelector('input')?.select()
  return true
}

function otherWay(
  { label, attempt }: NonNullable<Question['other']>,
  settle: (answers: Record<string, string>, attempt: () => Promise<string>) => Promise<void>,
): TemplateResult {
  return html`<button type="button" @click=${() => void settle({}, attempt)}>${label}</button>`
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
  if (field.kind === 'code')
    return html`<label
      >${field.label}<input
        name=${field.name}
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck="false"
        maxlength=${field.most ?? 40}
        ?required=${required}
        aria-describedby="ask-help"
      /><span class="soft small" id="ask-help">${field.help ?? ''}</span></label
    >`
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
