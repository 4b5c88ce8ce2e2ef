/** The tools over the pictures. */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit'
import { text } from '../language'
import type { ToolName } from './stack'
import type { Preset, Window } from './window-level'

type Bar = {
  readonly tool: ToolName
  readonly inverted: boolean
  readonly presets: readonly Preset[]
  readonly onTool: (tool: ToolName) => void
  readonly onWindow: (window: Window) => void
  readonly onInvert: () => void
  readonly onRotate: () => void
  readonly onFlip: () => void
  readonly onReset: () => void
  readonly onClear: () => void
}

type Act = 'invert' | 'rotate' | 'flip' | 'reset' | 'clear'

/** Drawn in a square of 24. */
const SIGNS: Record<ToolName | Act, SVGTemplateResult> = {
  window: svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
  zoom: svg`<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5.5 5.5M8 10.5h5M10.5 8v5"/>`,
  pan: svg`<path d="M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3"/>`,
  scroll: svg`<path d="M5 8l7-4 7 4-7 4zM5 12l7 4 7-4M5 16l7 4 7-4"/>`,
  length: svg`<path d="M4 17L17 4l3 3L7 20zM8 13l2 2M11 10l2 2M14 7l2 2"/>`,
  invert: svg`<rect x="4" y="4" width="16" height="16"/><path d="M4 4h16L4 20z" fill="currentColor"/>`,
  rotate: svg`<rect x="4" y="11" width="10" height="10"/><path d="M8 6h6a5 5 0 0 1 5 5v3M16 11l3 3 3-3"/>`,
  flip: svg`<path d="M12 3v18M9 7v10H3zM15 7v10h6z"/>`,
  reset: svg`<path d="M5 12a7 7 0 1 0 2.5-5.4M5 4v4h4"/>`,
  clear: svg`<path d="M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13"/>`,
}

const sign = (name: keyof typeof SIGNS): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${SIGNS[name]}</svg>`

export function toolbar(bar: Bar): TemplateResult {
  const act = (name: Act, words: string, does: () => void, pressed?: boolean): TemplateResult =>
    html`<button title=${words} aria-label=${words} aria-pressed=${pressed ?? nothing} @click=${does}>
      ${sign(name)}<span>${words}</span>
    </button>`
  return html`<div class="toolbar" role="toolbar" aria-label=${text('desk.tools')}>
    ${(['window', 'zoom', 'pan', 'scroll', 'length'] as const).map((tool) => {
      const words = text(`desk.tool.${tool}`)
      return html`<button
        title=${words}
        aria-label=${words}
        aria-pressed=${bar.tool === tool}
        @click=${() => bar.onTool(tool)}
      >
        ${sign(tool)}<span>${words}</span>
      </button>`
    })}
    ${
      bar.presets.length === 0
        ? nothing
        : html`<select
            aria-label=${text('desk.presets')}
            @change=${(event: Event) => {
              const select = event.target as HTMLSelectElement
              const preset = bar.presets.find(({ name }) => name === select.value)
              if (preset) bar.onWindow(preset.window)
              select.value = ''
            }}
          >
            <option value="">${text('desk.presets')}</option>
            ${bar.presets.map(({ name, key }) => html`<option value=${name}>${key} ${text(`desk.preset.${name}`)}</option>`)}
          </select>`
    }
    <span class="push"></span>
    ${act('invert', text('desk.tool.invert'), bar.onInvert, bar.inverted)}
    ${act('rotate', text('desk.tool.rotate'), bar.onRotate)} ${act('flip', text('desk.tool.flip'), bar.onFlip)}
    ${act('reset', text('desk.tool.reset'), bar.onReset)} ${act('clear', text('desk.tool.clear'), bar.onClear)}
  </div>`
}
