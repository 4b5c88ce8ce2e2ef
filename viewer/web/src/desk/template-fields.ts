/** The fields of a template as controls: every one is reached and filled by keyboard. */
import { html, nothing, type TemplateResult } from 'lit'
import type { BothLanguages, CellValue, FormValue, TemplateCell, TemplateField } from '../api/templates'
import { language, text } from '../language'

type Fill = (value: FormValue) => void
type Row = Readonly<Record<string, CellValue>>

export const inLanguage = (words: BothLanguages): string => words[language()]

export function fieldView(field: TemplateField, value: FormValue | undefined, fill: Fill, normal = ''): TemplateResult {
  if (field.kind !== 'table') return labelled(field, (value ?? null) as CellValue, fill, normal)
  const rows = (value ?? []) as readonly Row[]
  const put = (next: readonly Row[]): void => fill(next.length === 0 ? null : next)
  return html`<fieldset class="table">
    <legend>${inLanguage(field.label)}${field.mandatory ? ' *' : ''}</legend>
    ${rows.map(
      (row, number) =>
        html`<div class="row" role="group" aria-label="${inLanguage(field.label)} ${number + 1}">
          <span class="ordinal">${number + 1}</span>
          ${field.columns.map((column) =>
            labelled(column, row[column.name] ?? null, (cell) => {
              const { [column.name]: _before, ...others } = row
              const changed = cell === null ? others : { ...others, [column.name]: cell as CellValue }
              put(rows.map((each, place) => (place === number ? changed : each)))
            }),
          )}
          <button
            type="button"
            aria-label="${text('desk.template-remove-row')} ${number + 1}"
            @click=${() => put(rows.filter((_, place) => place !== number))}
          >
            ×
          </button>
        </div>`,
    )}
    <button type="button" class="add-row" @click=${(event: Event) => addRow(event, rows, put)}>
      + ${inLanguage(field.label)}
    </button>
  </fieldset>`
}

/** A new row, and the focus in its first cell. */
function addRow(event: Event, rows: readonly Row[], put: (next: readonly Row[]) => void): void {
  const table = (event.target as HTMLElement).closest('fieldset')
  put([...rows, {}])
  requestAnimationFrame(() => table?.querySelector<HTMLElement>('.row:last-of-type :is(select, input)')?.focus())
}

function labelled(cell: TemplateCell, value: CellValue, fill: Fill, normal = ''): TemplateResult {
  const unit = cell.kind === 'number' && cell.unit ? ` (${cell.unit})` : ''
  const label = html`<span
    >${inLanguage(cell.label)}${unit}${cell.mandatory ? html`<b aria-hidden="true"> *</b>` : nothing}</span
  >`
  return html`<label class=${cell.kind}>${label}${control(cell, value, fill, normal)}</label>`
}

function control(cell: TemplateCell, value: CellValue, fill: Fill, normal: string): TemplateResult {
  switch (cell.kind) {
    case 'number':
      return html`<input
        type="number"
        name=${cell.name}
        min=${cell.low}
        max=${cell.high}
        step=${1 / 10 ** cell.decimals}
        ?required=${cell.mandatory}
        .value=${value === null ? '' : String(value)}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement
          // what lies out of range is told by the browser and not sent
          if (input.value === '') fill(null)
          else if (input.checkValidity()) fill(input.valueAsNumber)
          else input.reportValidity()
        }}
      />`
    case 'text':
      return html`<input
        type="text"
        name=${cell.name}
        maxlength=${cell.most}
        placeholder=${normal}
        ?required=${cell.mandatory}
        .value=${typeof value === 'string' ? value : ''}
        @input=${(event: Event) => fill((event.target as HTMLInputElement).value || null)}
      />`
    case 'side':
      return choice(cell.name, cell.mandatory, value, sides(), fill)
    case 'choice': {
      const options = cell.options.map(({ code, words }) => ({ code, words: inLanguage(words) }))
      return cell.many
        ? several(cell.name, value, options, fill)
        : choice(cell.name, cell.mandatory, value, options, fill)
    }
  }
}

const sides = (): readonly { readonly code: string; readonly words: string }[] => [
  { code: 'L', words: text('side.L') },
  { code: 'R', words: text('side.R') },
  { code: 'B', words: text('side.B') },
]

function several(
  name: string,
  value: CellValue,
  options: readonly { readonly code: string; readonly words: string }[],
  fill: Fill,
): TemplateResult {
  const chosen = Array.isArray(value) ? (value as readonly string[]) : []
  return html`<select
    multiple
    name=${name}
    size=${Math.min(options.length, 5)}
    @change=${(event: Event) => {
      const codes = [...(event.target as HTMLSelectElement).selectedOptions].map((option) => option.value)
      fill(codes.length === 0 ? null : codes)
    }}
  >
    ${options.map(({ code, words }) => html`<option value=${code} ?selected=${chosen.includes(code)}>${words}</option>`)}
  </select>`
}

function choice(
  name: string,
  mandatory: boolean,
  value: CellValue,
  options: readonly { readonly code: string; readonly words: string }[],
  fill: Fill,
): TemplateResult {
  return html`<select
    name=${name}
    ?required=${mandatory}
    @change=${(event: Event) => fill((event.target as HTMLSelectElement).value || null)}
  >
    <option value="" ?selected=${value === null}></option>
    ${options.map(({ code, words }) => html`<option value=${code} ?selected=${code === value}>${words}</option>`)}
  </select>`
}
