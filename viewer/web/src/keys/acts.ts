/** The one table of what keys do at a case and in the worklist: each act, the key that it is shipped with, and its words. */
import type { ReviewOutcome } from '../api/report'
import type { Act, ToolName } from '../images/tools/tool-names'
import type { TextKey } from '../language'

/** Of planes and slabs. */
export type ReformatAct = 'planes' | 'axial' | 'coronal' | 'sagittal' | 'projection' | 'thinner' | 'thicker'
export type LayoutAct =
  | 'grid'
  | 'enlarge'
  | 'places'
  | 'windows'
  | 'lines'
  | 'layers'
  | 'monitor'
  | 'series-before'
  | 'series-after'
  | 'cell-before'
  | 'cell-after'
  | ReformatAct
/** From picture to picture, and ten at once. */
export type StepAct = 'picture-before' | 'picture-after' | 'pictures-before' | 'pictures-after'
export type PresetAct = 'preset-1' | 'preset-2' | 'preset-3' | 'preset-4' | 'preset-5'
export type PictureAct = ToolName | Act | StepAct | PresetAct | 'remove' | 'unseen' | 'zoom-in' | 'zoom-out'
export type OutcomeAct = `outcome-${ReviewOutcome}`
export type ScoreAct = 'score-1' | 'score-2' | 'score-3' | 'score-4' | 'score-5'
export type DeskAct =
  | 'save'
  | 'decide'
  | 'park'
  | 'critical'
  | 'findings'
  | 'dictate'
  | 'template'
  | 'key'
  | 'more'
  | 'help'
  | OutcomeAct
  | ScoreAct

export type ListAct =
  'take-next' | 'list-search' | 'list-newer' | 'list-preview' | 'list-help' | 'row-before' | 'row-after'

/** What a person may put on another key. */
export type ActName = DeskAct | LayoutAct | PictureAct | ListAct

/** Where a key means something: of two places it may mean two things. */
export type Room = 'desk' | 'list'

/** Keys as `spelled` writes them. */
export type Row = { readonly words: TextKey; readonly acts: Partial<Readonly<Record<ActName, string>>> }

const alone = (act: ActName, key: string, words: TextKey): Row => ({ words, acts: { [act]: key } })
const tool = (act: ToolName | Act, key: string): Row => alone(act, key, `desk.tool.${act}`)

export const AT_THE_DESK: readonly Row[] = [
  alone('save', 'Ctrl S', 'desk.key.save'),
  alone('decide', 'Ctrl Enter', 'desk.key.decide'),
  alone('park', 'Ctrl K', 'desk.key.park'),
  alone('critical', 'Shift C', 'desk.key.critical'),
  alone('findings', 'F', 'desk.key.findings'),
  alone('dictate', 'Ctrl D', 'dictation.key'),
  alone('template', 'Shift T', 'desk.key.template'),
  alone('key', 'K', 'mark.key'),
  alone('more', 'Shift X', 'desk.may'),
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
  { words: 'desk.key.scroll', acts: { 'picture-before': 'ArrowUp', 'picture-after': 'ArrowDown' } },
  { words: 'desk.key.scroll-ten', acts: { 'pictures-before': 'PageUp', 'pictures-after': 'PageDown' } },
  alone('unseen', 'N', 'desk.key.unseen'),
  { words: 'desk.key.cell', acts: { 'cell-before': 'ArrowLeft', 'cell-after': 'ArrowRight' } },
  { words: 'desk.key.series', acts: { 'series-before': '[', 'series-after': ']' } },
  alone('grid', 'G', 'desk.key.grid'),
  alone('enlarge', 'E', 'desk.key.enlarge'),
  alone('places', 'J', 'desk.link.places'),
  alone('windows', 'Shift J', 'desk.link.windows'),
  alone('lines', 'X', 'desk.link.lines'),
  alone('layers', 'Shift O', 'desk.layers'),
  alone('monitor', 'Shift B', 'beside.open'),
  alone('planes', '6', 'desk.key.reformat-all'),
  { words: 'desk.key.reformat-plane', acts: { axial: '7', coronal: '8', sagittal: '9' } },
  alone('projection', '0', 'desk.key.reformat-slab'),
  { words: 'desk.key.reformat-thickness', acts: { thinner: ',', thicker: '.' } },
  {
    words: 'desk.key.preset',
    acts: { 'preset-1': '1', 'preset-2': '2', 'preset-3': '3', 'preset-4': '4', 'preset-5': '5' },
  },
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

export const IN_THE_LIST: readonly Row[] = [
  alone('take-next', 'N', 'worklist.take-next'),
  { words: 'worklist.key.row', acts: { 'row-before': 'ArrowUp', 'row-after': 'ArrowDown' } },
  alone('list-search', '/', 'worklist.key.search'),
  alone('list-newer', 'R', 'worklist.key.newer'),
  alone('list-preview', 'P', 'worklist.preview'),
  alone('list-help', '?', 'desk.key.help'),
]

export const ROWS: readonly Row[] = [...AT_THE_DESK, ...IN_THE_LIST]

const OF_THE_LIST: ReadonlySet<string> = new Set(IN_THE_LIST.flatMap(({ acts }) => Object.keys(acts)))

/** Acts that go on while their key is held: scrolling and enlarging. Each other one is done once for each press. */
export const GO_ON: ReadonlySet<ActName> = new Set<ActName>([
  ...(['picture-before', 'picture-after', 'pictures-before', 'pictures-after'] as const),
  ...(['zoom-in', 'zoom-out', 'row-before', 'row-after'] as const),
])

export const roomOf = (act: ActName): Room => (OF_THE_LIST.has(act) ? 'list' : 'desk')

export const SHIPPED: ReadonlyMap<ActName, string> = new Map(
  ROWS.flatMap(({ acts }) => Object.entries(acts) as [ActName, string][]),
)

export const wordsOf = (act: ActName): TextKey => ROWS.find(({ acts }) => act in acts)?.words ?? 'desk.key.help'
