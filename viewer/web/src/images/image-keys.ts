/** What a key means over the pictures. */
import type { ToolName } from './stack'
import type { Preset, Window } from './window-level'

export type ImageKey =
  | { readonly kind: 'tool'; readonly tool: ToolName }
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'step'; readonly by: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'invert' | 'rotate' | 'flip' | 'reset' | 'unseen' }

const KEYS: Readonly<Record<string, ImageKey>> = {
  w: { kind: 'tool', tool: 'window' },
  z: { kind: 'tool', tool: 'zoom' },
  p: { kind: 'tool', tool: 'pan' },
  s: { kind: 'tool', tool: 'scroll' },
  m: { kind: 'tool', tool: 'length' },
  i: { kind: 'invert' },
  o: { kind: 'rotate' },
  l: { kind: 'flip' },
  r: { kind: 'reset' },
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
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>,
  presets: readonly Preset[],
): ImageKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  const preset = presets.find(({ key }) => key === event.key)
  if (preset) return { kind: 'window', window: preset.window }
  return KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
}
