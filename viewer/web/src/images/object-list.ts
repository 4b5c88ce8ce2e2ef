/** The objects of a series that are no pictures: what each is, what it says, and what opens it. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import type { OtherObject } from './other-objects'
import type { Content, Line } from './sr-content'

/** Who keeps what was seen. */
type Seer = {
  noteOpened(object: OtherObject): void
  /** What it holds did not come. */
  noteLost(object: OtherObject): void
}

export function objectList(objects: readonly OtherObject[], seen: Seer): TemplateResult {
  if (objects.some(({ waveforms }) => waveforms.length > 0)) void import('./ecg/ecg-view')
  if (objects.some(({ address }) => address !== undefined)) void import('./pdf/pdf-view')
  return html`<div
    class="objects"
    tabindex="0"
    aria-label=${text('desk.objects')}
    role="region"
    @keydown=${keepScrolling}
  >
    ${objects.map(
      (object) =>
        html`<article>
          <h3>${nameOf(object)}${object.title ? html` · ${object.title}` : nothing}</h3>
          ${object.content ? contentView(object.content) : nothing}
          ${
            object.waveforms.length > 0
              ? html`<tierread-ecg
                  .groups=${object.waveforms}
                  @waveform-drawn=${() => seen.noteOpened(object)}
                  @waveform-failed=${() => seen.noteLost(object)}
                ></tierread-ecg>`
              : nothing
          }
          ${
            object.address
              ? html`<tierread-pdf
                  .address=${object.address}
                  @document-read=${() => seen.noteOpened(object)}
                  @document-failed=${() => seen.noteLost(object)}
                ></tierread-pdf>`
              : html`<p class="soft">${howOpened(object)}</p>`
          }
        </article>`,
    )}
  </div>`
}

/** These scroll the list; to whoever looks at pictures they mean another picture. */
const SCROLLING: ReadonlySet<string> = new Set(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End', ' '])

function keepScrolling(event: KeyboardEvent): void {
  if (SCROLLING.has(event.key)) event.stopPropagation()
}

const nameOf = ({ kind, privateClass }: OtherObject): string =>
  privateClass ? text('desk.private-object', { name: privateClass }) : text(`desk.kind.${kind}`)

function howOpened(object: OtherObject): string {
  if (object.privateClass) return text('desk.opens.private')
  if (object.content?.complete || object.kind === 'pdf' || object.waveforms.length > 0) return ''
  return text(object.content ? 'desk.opens.report' : `desk.opens.${object.kind}`)
}

function contentView({ title, lines }: Content): TemplateResult {
  return html`${title ? html`<h4>${title}</h4>` : nothing}
    <ul>
      ${lines.map((line) => html`<li style="--depth: ${line.depth}">${lineView(line)}</li>`)}
    </ul>`
}

function lineView({ name, value, isReference }: Line): TemplateResult {
  const said = isReference ? text('desk.reference') : value
  if (!said) return html`<strong>${name}</strong>`
  return html`${name ? html`<span class="name">${name}${text('desk.colon')}</span>` : nothing}${said}`
}
