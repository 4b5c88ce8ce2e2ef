/** What a key means for the cells. */
import type { LayoutAct } from '../../keys/acts'
import { keys, type Pressed } from '../../keys/keys'
import type { Choice } from '../reformat/choices'

export type LayoutKey =
  | { readonly kind: 'cell'; readonly by: number }
  | { readonly kind: 'series'; readonly by: number }
  | { readonly kind: 'grid' | 'enlarge' | 'places' | 'windows' | 'lines' | 'planes' | 'layers' | 'monitor' }
  | { readonly kind: 'reformat'; readonly choice: Choice }

const MEANT: Readonly<Record<LayoutAct, LayoutKey>> = {
  'series-before': { kind: 'series', by: -1 },
  'series-after': { kind: 'series', by: 1 },
  'cell-before': { kind: 'cell', by: -1 },
  'cell-after': { kind: 'cell', by: 1 },
  grid: { kind: 'grid' },
  enlarge: { kind: 'enlarge' },
  places: { kind: 'places' },
  windows: { kind: 'windows' },
  lines: { kind: 'lines' },
  layers: { kind: 'layers' },
  monitor: { kind: 'monitor' },
  planes: { kind: 'planes' },
  axial: { kind: 'reformat', choice: { kind: 'plane', plane: 'axial' } },
  coronal: { kind: 'reformat', choice: { kind: 'plane', plane: 'coronal' } },
  sagittal: { kind: 'reformat', choice: { kind: 'plane', plane: 'sagittal' } },
  projection: { kind: 'reformat', choice: { kind: 'projection' } },
  thinner: { kind: 'reformat', choice: { kind: 'thinner' } },
  thicker: { kind: 'reformat', choice: { kind: 'thicker' } },
}

export function layoutKeyOf(event: Pressed): LayoutKey | null {
  const act = keys.actOf(event)
  return act !== undefined && act in MEANT ? MEANT[act as LayoutAct] : null
}
