/** What a key means for the cells. */
import type { Choice } from '../reformat/choices'

export type LayoutKey =
  | { readonly kind: 'cell'; readonly by: number }
  | { readonly kind: 'series'; readonly by: number }
  | { readonly kind: 'grid' | 'enlarge' | 'places' | 'windows' | 'lines' | 'planes' | 'layers' }
  | { readonly kind: 'reformat'; readonly choice: Choice }

/** Of planes and slabs, as they are told beside what they do. */
export const REFORMAT_KEYS = {
  all: '6',
  axial: '7',
  coronal: '8',
  sagittal: '9',
  projection: '0',
  thinner: ',',
  thicker: '.',
} as const

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
  O: { kind: 'layers' },
  [REFORMAT_KEYS.all]: { kind: 'planes' },
  [REFORMAT_KEYS.axial]: { kind: 'reformat', choice: { kind: 'plane', plane: 'axial' } },
  [REFORMAT_KEYS.coronal]: { kind: 'reformat', choice: { kind: 'plane', plane: 'coronal' } },
  [REFORMAT_KEYS.sagittal]: { kind: 'reformat', choice: { kind: 'plane', plane: 'sagittal' } },
  [REFORMAT_KEYS.projection]: { kind: 'reformat', choice: { kind: 'projection' } },
  [REFORMAT_KEYS.thinner]: { kind: 'reformat', choice: { kind: 'thinner' } },
  [REFORMAT_KEYS.thicker]: { kind: 'reformat', choice: { kind: 'thicker' } },
}

export function layoutKeyOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>): LayoutKey | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null
  return KEYS[event.key] ?? KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null
}
