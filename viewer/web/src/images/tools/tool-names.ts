/** The tools that somebody takes in hand, and what is done to a picture at once. */
import type { DrawnKind } from './kinds'

export type ToolName = 'window' | 'zoom' | 'pan' | 'scroll' | 'magnifier' | DrawnKind

const HANDLING = ['window', 'zoom', 'pan', 'scroll', 'magnifier'] as const
const DRAWING = ['length', 'angle', 'cobb', 'rectangle', 'ellipse', 'probe', 'arrow', 'ratio'] as const
export const TOOLS: readonly ToolName[] = [...HANDLING, ...DRAWING]

export const ACTS = ['invert', 'rotate', 'flip', 'reset', 'back', 'film'] as const
export type Act = (typeof ACTS)[number]
