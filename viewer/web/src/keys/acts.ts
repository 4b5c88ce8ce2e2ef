/** The one table of what keys do at the desk: each act, the key that it is shipped with, and the words that tell of it. */
import type { ReviewOutcome } from '../api/report'
import type { Act, ToolName } from '../images/tools/tool-names'
import type { TextKey } from '../language'

/** Of planes and slabs. */
export type ReformatAct = 'planes' | 'axial' | 'coronal' | 'sagittal' | 'projection' | 'thinner' | 'thicker'
export type LayoutAct =
  'grid' | 'enlarge' | 'places' | 'windows' | 'lines' | 'layers' | 'series-before' | 'series-after' | ReformatAct
export type PictureAct = ToolName | Act | 'remove' | 'unseen' | 'zoom-in' | 'zoom-out'
export type OutcomeAct = `outcome-${ReviewOutcome}`
export type ScoreAct = 'score-1' | 'score-2' | 'score-3' | 'score-4' | 'score-5'
export type DeskAct = 'save' | 'decide' | 'park' | 'findings' | 'key' | 'help' | OutcomeAct | ScoreAct

/** What a person may put on another key. */
export type ActName = DeskAct | LayoutAct | PictureAct

/** Keys as `spelled` writes them. */
export type Row = { readonly words: TextKey; readonly acts: Partial<Readonly<Record<ActName, string>>> }

const alone = (act: ActName, key: string, words: TextKey): Row => ({ words, acts: { [act]: key } })
const tool = (act: ToolName | Act, key: string): Row => alone(act, key, `desk.tool.${act}`)

export const ROWS: readonly Row[] = [
  alone('save', 'Ctrl S', 'desk.key.save'),
  alone('decide', 'Ctrl Enter', 'desk.key.decide'),
  alone('park', 'Ctrl K', 'desk.key.park'),
  alone('findings', 'F', 'desk.key.findings'),
  alone('key', 'K', 'mark.key'),
  // With Shift: the letters and digits alone are tools and windows of the pictures.
  alone('outcome-agree', 'Shift A', 'desk.outcome.agree'),
  alone('outcome-amend', 'Shift M', 'desk.outcome.amend'),
  alone('outcome-send_back', 'Shift S', 'desk.outcome.send_back'),
  {
    words: 'desk.score',
    acts: {
      'score-1': 'Shift 1',
      'score-2': 'Shift 2',
      'score-3': 'Shift 3',
      'score-4': 'Shift 4',
      'score-5': 'Shift 5',
    },
  },
  alone('unseen', 'N', 'desk.key.unseen'),
  { words: 'desk.key.series', acts: { 'series-before': '[', 'series-after': ']' } },
  alone('grid', 'G', 'desk.key.grid'),
  alone('enlarge', 'E', 'desk.key.enlarge'),
  alone('places', 'J', 'desk.link.places'),
  alone('windows', 'Shift J', 'desk.link.windows'),
  alone('lines', 'X', 'desk.link.lines'),
  alone('layers', 'Shift O', 'desk.layers'),
  alone('planes', '6', 'desk.key.reformat-all'),
  { words: 'desk.key.reformat-plane', acts: { axial: '7', coronal: '8', sagittal: '9' } },
  alone('projection', '0', 'desk.key.reformat-slab'),
  { words: 'desk.key.reformat-thickness', acts: { thinner: ',', thicker: '.' } },
  tool('window', 'W'),
  tool('zoom', 'Z'),
  tool('pan', 'P'),
  tool('scroll', 'S'),
  tool('magnifier', 'Q'),
  tool('length', 'M'),
  tool('angle', 'A'),
  tool('cobb', 'C'),
  tool('rectangle', 'B'),
  tool('ellipse', 'D'),
  tool('probe', 'V'),
  tool('arrow', 'T'),
  tool('ratio', 'H'),
  tool('invert', 'I'),
  tool('rotate', 'O'),
  tool('flip', 'L'),
  tool('reset', 'R'),
  tool('back', 'U'),
  tool('film', 'Y'),
  alone('remove', 'Delete', 'desk.key.remove'),
  { words: 'desk.key.zoom', acts: { 'zoom-in': '+', 'zoom-out': '-' } },
  alone('help', '?', 'desk.key.help'),
]

/** Keys that are nobody's to give away, as they are told. */
export const FIXED: readonly (readonly [string, TextKey])[] = [
  ['↑ ↓', 'desk.key.scroll'],
  ['← →', 'desk.key.cell'],
  ['1 – 5', 'desk.key.preset'],
]

export const SHIPPED: ReadonlyMap<ActName, string> = new Map(
  ROWS.flatMap(({ acts }) => Object.entries(acts) as [ActName, string][]),
)

export const wordsOf = (act: ActName): TextKey => ROWS.find(({ acts }) => act in acts)?.words ?? 'desk.key.help'
