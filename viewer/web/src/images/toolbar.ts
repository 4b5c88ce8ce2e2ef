/** The tools over the pictures: those of every day in a bar, the others, and what has no room, in a menu beside it. */
import { html, nothing, type TemplateResult } from 'lit'
import { withKey } from '../keys/keys'
import { text } from '../language'
import type { ImageKey } from './image-keys'
import type { Asking } from './offers'
import { sign } from './tools/signs'
import type { Act, ToolName } from './tools/tool-names'
import { shownNumber, type WindowChoice } from './own-windows'

type Bar = {
  readonly tool: ToolName
  readonly inverted: boolean
  readonly presets: readonly WindowChoice[]
  /** Undefined where no picture with a window is on the screen. */
  readonly onWindows: (() => void) | undefined
  /** Why an act is not offered for what stands there; undefined where it is. */
  readonly whyNot: (act: Asking) => string | undefined
  readonly onTool: (tool: ToolName) => void
  readonly onAct: (meant: ImageKey) => void
  readonly onClear: () => void
}

const HANDLING: readonly ToolName[] = ['window', 'zoom', 'pan', 'scroll']
const MEASURING: readonly ToolName[] = ['length', 'probe', 'rectangle', 'arrow']
const RARER: readonly ToolName[] = ['angle', 'cobb', 'ellipse', 'ratio', 'magnifier']

export function toolbar(bar: Bar): TemplateResult {
  const tool = (name: ToolName): TemplateResult => {
    const words = text(`desk.tool.${name}`)
    const why = bar.whyNot(name)
    return html`<button
      title=${why ?? withKey(words, name)}
      aria-label=${words}
      aria-disabled=${why ? 'true' : nothing}
      aria-pressed=${bar.tool === name && !why}
      @click=${() => bar.onTool(name)}
    >
      ${sign(name)}<span>${words}</span>
    </button>`
  }
  const act = (name: Act | 'clear', pressed?: boolean): TemplateResult => {
    const words = text(`desk.tool.${name}`)
    const why = bar.whyNot(name)
    return html`<button
      title=${why ?? (name === 'clear' ? words : withKey(words, name))}
      aria-label=${words}
      aria-disabled=${why ? 'true' : nothing}
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

const OWN = 'own'

function presets({ presets: choices, onAct, onWindows, whyNot }: Bar): TemplateResult | typeof nothing {
  if (choices.length === 0 && !onWindows) return nothing
  const why = whyNot('preset-1')
  return html`<select
    aria-label=${text('desk.presets')}
    title=${why ?? nothing}
    ?disabled=${why !== undefined}
    @change=${(event: Event) => {
      const select = event.target as HTMLSelectElement
      const choice = select.value === '' ? undefined : choices[Number(select.value)]
      if (select.value === OWN) onWindows?.()
      else if (choice) onAct({ kind: 'window', window: choice.window })
      select.value = ''
    }}
  >
    <option value="">${text('desk.presets')}</option>
    ${choices.map(({ words, key }, index) => html`<option value=${index}>${shownNumber(key)} ${words}</option>`)}
    ${onWindows ? html`<option value=${OWN}>${text('desk.windows-own')}</option>` : nothing}
  </select>`
}
