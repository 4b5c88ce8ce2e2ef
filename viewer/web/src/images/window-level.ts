/** Window centre and width against the range of values they show, PS3.3 C.11.2.1.2.1 (LINEAR). */

/** In output units of the modality (Hounsfield units for CT). */
export type Window = { readonly center: number; readonly width: number }
/** The values shown as black and as white. */
export type Range = { readonly lower: number; readonly upper: number }

/** `width` is at least 1 (PS3.3 C.11.2.1.2.1). */
export function rangeOf({ center, width }: Window): Range {
  const lower = center - 0.5 - (Math.max(width, 1) - 1) / 2
  return { lower, upper: lower + Math.max(width, 1) - 1 }
}

export function windowOf({ lower, upper }: Range): Window {
  const width = Math.abs(upper - lower) + 1
  return { center: Math.min(lower, upper) + (width - 1) / 2 + 0.5, width }
}

export type PresetName = 'lung' | 'mediastinum' | 'bone' | 'brain' | 'abdomen'

export type Preset = { readonly name: PresetName; readonly key: string; readonly window: Window }

/** Customary windows of CT; they mean nothing for modalities whose values are not Hounsfield units. */
const CT_PRESETS: readonly Preset[] = [
  { name: 'lung', key: '1', window: { center: -600, width: 1500 } },
  { name: 'mediastinum', key: '2', window: { center: 40, width: 400 } },
  { name: 'bone', key: '3', window: { center: 450, width: 1500 } },
  { name: 'brain', key: '4', window: { center: 40, width: 80 } },
  { name: 'abdomen', key: '5', window: { center: 60, width: 350 } },
]

export const presetsFor = (modality: string): readonly Preset[] => (modality === 'CT' ? CT_PRESETS : [])
