/** The tools over the pictures: those of every day in a bar, the others, and what has no room, in a menu beside it. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import type { ImageKey } from './image-keys'
import { sign } from './tools/signs'
import { ACT_KEYS, TOOL_KEYS, type Act, type ToolName } from './tools/tool-names'
import type { Preset } from './window-level'

type Bar = {
  readonly tool: ToolName
  readonly inverted: boolean
  readonly presets: readonly Preset[]
  readonly onTool: (tool: ToolName) => void
  readonly onAct: (meant: ImageKey) => void
  readonly onClear: () => void
}

const HANDLING: readonly ToolName[] = ['window', 'zoom', 'pan', 'scroll']
const MEASURING: readonly ToolName[] = ['length', 'probe', 'rectangle', 'arrow']
const RARER: readonly ToolName[] = ['angle', 'cobb', 'ellipse', 'ratio', 'magnifier']

const titleOf = (words: string, key: string): string => `${words} (${key.toUpperCase()})`

export function toolbar(bar: Bar): TemplateResult {
  const tool = (name: ToolName): TemplateResult => {
    const words = text(`desk.tool.${name}`)
    return html`<button
      title=${titleOf(words, TOOL_KEYS[name])}
      aria-label=${words}
      aria-pressed=${bar.tool === name}
      @click=${() => bar.onTool(name)}
    >
      ${sign(name)}<span>${words}</span>
    </button>`
  }
  const act = (name: Act | 'clear', pressed?: boolean): TemplateResult => {
    const words = text(`desk.tool.${name}`)
    return html`<button
      title=${name === 'clear' ? words : titleOf(words, ACT_KEYS[name])}
      aria-label=${words}
      aria-pressed=${pressed ?? nothing}
      @click=${() => (name === 'clear' ? bar.onClear() : bar.onAct({ kind: name }))}
    >
      ${sign(name)}<span>${words}</span>
    </button>`
  }
  const rarer = RARER.includes(bar.tool) ? bar.tool : undefined
  return html`<div class="toolbar" role="toolbar" aria-label=${text('desk.tools')}>
      <div class="tools" role="group">${HANDLING.map(tool)}</div>
      <div class="tools measuring" role="group">${MEASURING.map(tool)}</div>
      ${presets(bar)}
      <span class="push"></span>
      <div class="tools acts" role="group">
        ${act('invert', bar.inverted)} ${act('rotate')} ${act('flip')} ${act('reset')}
      </div>
    </div>
    <details class="toolbar tool-menu folding">
      <summary
        title=${text('desk.tools-more')}
        aria-label=${[text('desk.tools-more'), rarer ? text(`desk.tool.${rarer}`) : ''].filter(Boolean).join(' · ')}
        class=${rarer ? 'chosen' : ''}
      >
        ${sign(rarer ?? 'more')}
      </summary>
      <div class="menu" role="group" data-folds aria-label=${text('desk.tools-more')}>
        <div class="from-bar measuring">${MEASURING.map(tool)}</div>
        <div class="from-bar acts">${act('invert', bar.inverted)} ${act('rotate')} ${act('flip')} ${act('reset')}</div>
        ${RARER.map(tool)} ${act('back')} ${act('clear')}
      </div>
    </details>`
}

function presets(bar: Bar): TemplateResult | typeof nothing {
  if (bar.presets.length === 0) return nothing
  return html`<select
    aria-label=${text('desk.presets')}
    @change=${(event: Event) => {
      const select = event.target as HTMLSelectElement
      const preset = bar.presets.find(({ name }) => name === select.value)
      if (preset) bar.onAct({ kind: 'window', window: preset.window })
      select.value = ''
    }}
  >
    <option value="">${text('desk.presets')}</option>
    ${bar.presets.map(({ name, key }) => html`<option value=${name}>${key} ${text(`desk.preset.${name}`)}</option>`)}
  </select>`
}
