/** What a key means for the cells. */

export type LayoutKey =
  | { readonly kind: 'cell'; readonly by: number }
  | { readonly kind: 'series'; readonly by: number }
  | { readonly kind: 'grid' | 'enlarge' | 'places' | 'windows' | 'lines' }

const KEYS: Readonly<Record<string, LayoutKey>> = {
  ArrowLeft: { kind: 'cell', by: -1 },
  ArrowRight: { kind: 'cell', by: 1 },
  '[': { kind: 'series', by: -1 },
  ']': { kind: 'series', by: 1 },
  g: { kind: 'grid' },
  e: { kind: 'enlarge' },
  j: { kind: 'places' },
  J: { kind: 'windows' },
  x: { kind: 'lines' },
}

export function layoutKeyOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>): LayoutKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  return KEYS[event.key] ?? KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
}
