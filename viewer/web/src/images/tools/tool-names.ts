/** The tools that somebody takes in hand and what is done to a picture at once, with the key of each. */
import type { DrawnKind } from './kinds'

export type ToolName = 'window' | 'zoom' | 'pan' | 'scroll' | 'magnifier' | DrawnKind

export const TOOL_KEYS: Readonly<Record<ToolName, string>> = {
  window: 'w',
  zoom: 'z',
  pan: 'p',
  scroll: 's',
  magnifier: 'q',
  length: 'm',
  angle: 'a',
  cobb: 'c',
  rectangle: 'b',
  ellipse: 'd',
  probe: 'v',
  arrow: 't',
  ratio: 'h',
}

export type Act = 'invert' | 'rotate' | 'flip' | 'reset' | 'back' | 'film'

export const ACT_KEYS: Readonly<Record<Act, string>> = {
  invert: 'i',
  rotate: 'o',
  flip: 'l',
  reset: 'r',
  back: 'u',
  film: 'y',
}
