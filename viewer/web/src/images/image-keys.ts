/** What a key means over the pictures. */
import { ACT_KEYS, TOOL_KEYS, type Act, type ToolName } from './tools/tool-names'
import type { Preset, Window } from './window-level'

export type ImageKey =
  | { readonly kind: 'tool'; readonly tool: ToolName }
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'step'; readonly by: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: Act | 'remove' | 'unseen' }

const TOOLS = Object.entries(TOOL_KEYS).map(([tool, key]) => [key, { kind: 'tool', tool: tool as ToolName }] as const)
const ACTS = Object.entries(ACT_KEYS).map(([act, key]) => [key, { kind: act as Act }] as const)

const KEYS: Readonly<Record<string, ImageKey>> = {
  ...Object.fromEntries([...TOOLS, ...ACTS]),
  Delete: { kind: 'remove' },
  Backspace: { kind: 'remove' },
  n: { kind: 'unseen' },
  '+': { kind: 'zoom', factor: 1.25 },
  '=': { kind: 'zoom', factor: 1.25 },
  '-': { kind: 'zoom', factor: 0.8 },
  ArrowDown: { kind: 'step', by: 1 },
  ArrowUp: { kind: 'step', by: -1 },
  PageDown: { kind: 'step', by: 10 },
  PageUp: { kind: 'step', by: -10 },
}

export function imageKeyOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'>,
  presets: readonly Preset[],
): ImageKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  if (event.shiftKey && /^[a-z]$/i.test(event.key)) return null
  const preset = presets.find(({ key }) => key === event.key)
  if (preset) return { kind: 'window', window: preset.window }
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
}
