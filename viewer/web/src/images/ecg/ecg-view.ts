/** An electrocardiogram on millimetre paper, with calipers; it comes when one is met. */
import { html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from 'lit'
import { text } from '../../language'
import { Part } from '../../part'
import {
  canBeInColumns,
  GAINS,
  MARGIN_MM,
  measuredOn,
  SHEET_S,
  sheetOf,
  SPEEDS,
  USUAL,
  type Scale,
  type Sheet,
} from './paper'
import { bytesInline, samplesOf, type Group } from './waveform'

/** More than this is not fetched: a day of three leads. */
const MOST_BYTES = 96 * 1024 * 1024

type Caliper = { readonly from: readonly [number, number]; readonly to: readonly [number, number] }

/** Tells `waveform-drawn` when curves are on the screen, where somebody sees them, and `waveform-failed` when they did not come. */
export class Ecg extends Part {
  static override properties = { groups: { attribute: false } }
  declare groups: readonly Group[]

  private which = 0
  private values: readonly Float32Array[] | undefined
  private failed = false
  private scale: Scale = USUAL
  private from_s = 0
  private inColumns = true
  private caliper: Caliper | undefined
  private asked = 0

  private get group(): Group | undefined {
    return this.groups[this.which]
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('groups')) void this.open(0)
  }

  private async open(which: number): Promise<void> {
    const asked = ++this.asked
    this.which = which
    this.values = this.caliper = undefined
    this.failed = false
    this.from_s = 0
    this.requestUpdate()
    const { group } = this
    if (!group) return
    try {
      const bytes = bytesInline(group.data) ?? (await fetched(group.data.BulkDataURI ?? ''))
      if (asked !== this.asked) return
      this.values = samplesOf(group, bytes)
    } catch {
      this.failed = asked === this.asked
      this.tell('waveform-failed')
    }
    this.requestUpdate()
  }

  /** In a list that is closed nobody sees it. */
  private readonly sight = new IntersectionObserver((entries) => {
    if (!entries.some(({ isIntersecting }) => isIntersecting)) return
    this.sight.disconnect()
    this.tell('waveform-drawn')
  })

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.asked++
    this.sight.disconnect()
  }

  protected override updated(): void {
    const paper = this.querySelector('.paper')
    if (paper) this.sight.observe(paper)
  }

  override render(): TemplateResult {
    const { group, values } = this
    if (this.failed)
      return html`<p role="alert">${text('ecg.failed')}</p>
        <button @click=${() => void this.open(this.which)}>${text('common.try-again')}</button>`
    if (!group || !values) return html`<p role="status">${text('common.loading')}</p>`
    const sheet = sheetOf(group, values, this.scale, this.from_s, this.inColumns && canBeInColumns(group))
    return html`${this.bar(group)}
      <div class="paper" tabindex="0" role="region" aria-label=${text('ecg.paper')}>${this.drawing(sheet)}</div>
      <p class="soft">${this.about(group)}</p>`
  }

  private bar(group: Group): TemplateResult {
    const { scale } = this
    const last_s = Math.max(0, Math.ceil(group.samples / group.frequency_Hz - SHEET_S))
    return html`<div class="ecg-bar" role="toolbar" aria-label=${text('ecg.tools')}>
      ${
        this.groups.length > 1
          ? html`<select aria-label=${text('ecg.group')} @change=${(event: Event) => void this.open(indexOf(event))}>
              ${this.groups.map(({ label }, at) => html`<option ?selected=${at === this.which}>${label || at + 1}</option>`)}
            </select>`
          : nothing
      }
      <select
        aria-label=${text('ecg.speed')}
        @change=${(event: Event) => this.change({ speed_mm_s: SPEEDS[indexOf(event)] ?? USUAL.speed_mm_s })}
      >
        ${SPEEDS.map((speed) => html`<option ?selected=${speed === scale.speed_mm_s}>${speed} mm/s</option>`)}
      </select>
      <select
        aria-label=${text('ecg.gain')}
        @change=${(event: Event) => this.change({ gain_mm_mV: GAINS[indexOf(event)] ?? USUAL.gain_mm_mV })}
      >
        ${GAINS.map((gain) => html`<option ?selected=${gain === scale.gain_mm_mV}>${gain} mm/mV</option>`)}
      </select>
      ${
        canBeInColumns(group)
          ? html`<button aria-pressed=${this.inColumns} @click=${() => this.toggleColumns()}>
              ${text('ecg.columns')}
            </button>`
          : nothing
      }
      ${
        last_s > 0
          ? html`<input
              type="range"
              min="0"
              max=${last_s}
              .value=${String(this.from_s)}
              aria-label=${text('ecg.from')}
              aria-valuetext=${`${this.from_s} s`}
              @input=${(event: Event) => this.goTo(Number((event.target as HTMLInputElement).value))}
            />`
          : nothing
      }
      <output>${this.caliperWords()}</output>
    </div>`
  }

  private change(scale: Partial<Scale>): void {
    this.scale = { ...this.scale, ...scale }
    this.caliper = undefined
    this.requestUpdate()
  }

  private toggleColumns(): void {
    this.inColumns = !this.inColumns
    this.change({})
  }

  private goTo(second: number): void {
    this.from_s = second
    this.change({})
  }

  /** What is measured, with the rate that an interval between beats would be. */
  private caliperWords(): string {
    if (!this.caliper) return text('ecg.measure')
    const { from, to } = this.caliper
    const { ms, mV } = measuredOn(to[0] - from[0], from[1] - to[1], this.scale)
    const rate = ms > 0 ? ` · ${Math.round(60_000 / ms)}/min` : ''
    return `${Math.round(ms)} ms${rate} · ${mV.toFixed(2)} mV`
  }

  private about({ frequency_Hz, channels }: Group): string {
    const { speed_mm_s, gain_mm_mV } = this.scale
    const [first] = channels
    const filters = first?.highCut_Hz === undefined ? '' : `${first.lowCut_Hz ?? '–'}–${first.highCut_Hz} Hz`
    const end_s = (this.group?.samples ?? 0) / frequency_Hz
    const part =
      end_s > SHEET_S
        ? `${this.from_s}–${Math.min(end_s, this.from_s + SHEET_S).toFixed(0)} s / ${end_s.toFixed(0)} s`
        : ''
    return [`${speed_mm_s} mm/s`, `${gain_mm_mV} mm/mV`, filters, `${frequency_Hz} Hz`, part]
      .filter(Boolean)
      .join(' · ')
  }

  private drawing({ width_mm, height_mm, traces, rows_mm }: Sheet): TemplateResult {
    return html`<svg
      viewBox="0 0 ${width_mm} ${height_mm}"
      style="width: ${width_mm}mm; height: ${height_mm}mm"
      @pointerdown=${(event: PointerEvent) => this.measure(event)}
    >
      <defs>${grid('ecg-fine', 1, 0.08)} ${grid('ecg-coarse', 5, 0.2)}</defs>
      <rect width=${width_mm} height=${height_mm} fill="#fff5f4" />
      <rect width=${width_mm} height=${height_mm} fill="url(#ecg-fine)" />
      <rect width=${width_mm} height=${height_mm} fill="url(#ecg-coarse)" />
      ${rows_mm.map((y_mm) => this.pulse(y_mm))}
      ${traces.map(
        ({ name, path, x_mm, y_mm }) =>
          svg`<path class="trace" d=${path}/><text x=${x_mm + 1} y=${y_mm - 0.9 * this.scale.gain_mm_mV}>${name}</text>`,
      )}
      ${this.caliper ? calipers(this.caliper) : nothing}
    </svg>`
  }

  /** 1 mV for 0.2 s, as paper has it. */
  private pulse(y_mm: number): SVGTemplateResult {
    const { speed_mm_s, gain_mm_mV } = this.scale
    const wide = Math.min(0.2 * speed_mm_s, MARGIN_MM - 3)
    return svg`<path class="trace" d="M1 ${y_mm}h1v${-gain_mm_mV}h${wide}v${gain_mm_mV}h1"/>`
  }

  private measure(event: PointerEvent): void {
    const drawing = event.currentTarget as SVGSVGElement
    const from = placeOf(event, drawing)
    drawing.setPointerCapture(event.pointerId)
    const move = (moved: PointerEvent): void => {
      this.caliper = { from, to: placeOf(moved, drawing) }
      this.requestUpdate()
    }
    drawing.addEventListener('pointermove', move)
    drawing.addEventListener('pointerup', () => drawing.removeEventListener('pointermove', move), { once: true })
  }
}
customElements.define('tierread-ecg', Ecg)

const indexOf = (event: Event): number => (event.target as HTMLSelectElement).selectedIndex

function placeOf({ clientX, clientY }: PointerEvent, drawing: SVGSVGElement): readonly [number, number] {
  const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(drawing.getScreenCTM()?.inverse())
  return [x, y]
}

const grid = (id: string, every_mm: number, line_mm: number): SVGTemplateResult =>
  svg`<pattern id=${id} width=${every_mm} height=${every_mm} patternUnits="userSpaceOnUse">
    <path d="M${every_mm} 0H0V${every_mm}" fill="none" stroke="#e79a93" stroke-width=${line_mm}/></pattern>`

function calipers({ from, to }: Caliper): SVGTemplateResult {
  const [[x1, y1], [x2, y2]] = [from, to]
  return svg`<g class="caliper"><path d="M${x1} 0V1000M${x2} 0V1000M${Math.min(x1, x2)} ${y1}H${Math.max(x1, x2)}M${x1} ${y1}H${x2}M${x2} ${y1}V${y2}"/></g>`
}

async function fetched(uri: string): Promise<Uint8Array> {
  const answer = await fetch(new URL(uri, location.href).pathname, {
    headers: { Accept: 'application/octet-stream' },
    credentials: 'same-origin',
  })
  const bytes = Number(answer.headers.get('Content-Length') ?? 0)
  if (!answer.ok || bytes > MOST_BYTES) throw new Error(`no waveform: ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}
