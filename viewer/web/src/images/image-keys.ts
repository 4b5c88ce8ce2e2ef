/** What a key means over the pictures. */
import type { PictureAct, StepAct } from '../keys/acts'
import { keys, type Pressed } from '../keys/keys'
import { ACTS, TOOLS, type Act, type ToolName } from './tools/tool-names'
import type { WindowChoice } from './own-windows'
import type { Window } from './window-level'

export type ImageKey =
  | { readonly kind: 'tool'; readonly tool: ToolName }
  | { readonly kind: 'window'; readonly window: Window }
  | { readonly kind: 'step'; readonly by: number }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: Act | 'remove' | 'unseen' }

const MEANT: Readonly<Partial<Record<string, ImageKey>>> = {
  ...Object.fromEntries(TOOLS.map((tool) => [tool, { kind: 'tool', tool }])),
  ...Object.fromEntries(ACTS.map((act) => [act, { kind: act }])),
  ...({
    remove: { kind: 'remove' },
    unseen: { kind: 'unseen' },
    'zoom-in': { kind: 'zoom', factor: 1.25 },
    'zoom-out': { kind: 'zoom', factor: 0.8 },
  } satisfies Partial<Record<PictureAct, ImageKey>>),
}

const STEPS: Readonly<Record<StepAct, number>> = {
  'picture-after': 1,
  'picture-before': -1,
  'pictures-after': 10,
  'pictures-before': -10,
}

export function imageKeyOf(event: Pressed, presets: readonly Pick<WindowChoice, 'key' | 'window'>[]): ImageKey | null {
  const act = keys.actOf(event) ?? ''
  const [, number] = /^preset-(\d)$/.exec(act) ?? []
  const preset = number && presets.find(({ key }) => key === number)
  if (preset) return { kind: 'window', window: preset.window }
  if (act in STEPS) return { kind: 'step', by: STEPS[act as StepAct] }
  return MEANT[act] ?? null
}
