/** The tools in the hand: which button, finger or wheel does what over one viewport. */
import * as tools from '@cornerstonejs/tools'
import { ask } from '../../shell/ask'
import { text } from '../../language'
import { KINDS, kindOf, type DrawnKind } from './kinds'
import { linesOf } from './measurements'
import { TwoLinesTool, WidthRatioTool } from './two-lines'
import type { ToolName } from './tool-names'

const { MouseBindings } = tools.Enums

const TOOLS: Readonly<Record<ToolName, string>> = {
  window: tools.WindowLevelTool.toolName,
  zoom: tools.ZoomTool.toolName,
  pan: tools.PanTool.toolName,
  scroll: tools.StackScrollTool.toolName,
  magnifier: tools.MagnifyTool.toolName,
  ...(Object.fromEntries(Object.entries(KINDS).map(([kind, { tool }]) => [kind, tool])) as Record<DrawnKind, string>),
}

/** Makes the tools known to Cornerstone, once. */
export function addTools(): void {
  for (const tool of [
    ...[tools.WindowLevelTool, tools.PanTool, tools.ZoomTool, tools.StackScrollTool, tools.MagnifyTool],
    ...[tools.LengthTool, tools.AngleTool, tools.RectangleROITool, tools.EllipticalROITool, tools.ProbeTool],
    ...[tools.ArrowAnnotateTool, TwoLinesTool, WidthRatioTool],
  ])
    tools.addTool(tool)
  const { style } = tools.annotation.config
  style.setDefaultToolStyles({ global: { ...style.getDefaultToolStyles()['global'], ...STYLE } })
}

type Drawing = { renderAnnotation?: tools.AnnotationTool['renderAnnotation'] }

/**
 * Draws nothing before the first picture of a viewport has come: to Cornerstone a mark has no place on the screen by then,
 * and after one failure it draws no mark on any viewport any more.
 */
function waitForPicture(tool: Drawing): void {
  const draw = tool.renderAnnotation
  if (!draw) return
  tool.renderAnnotation = (enabled, helper) =>
    enabled.viewport.getImageData() !== undefined && draw.call(tool, enabled, helper)
}

/** In the colours of the desk, with letters that are read at arm's length. */
const STYLE = {
  color: '#ffe14d',
  colorHighlighted: '#7ee787',
  colorSelected: '#7ee787',
  textBoxColor: '#ffe14d',
  textBoxColorHighlighted: '#7ee787',
  textBoxColorSelected: '#7ee787',
  textBoxFontFamily: 'system-ui, "Noto Sans SC", "Microsoft YaHei", sans-serif',
  textBoxFontSize: '14px',
  lineWidth: '1.5',
}

/** Of one viewport; it has the id of its group. */
export class Hand {
  private readonly group: tools.Types.IToolGroup

  constructor(id: string, engineId: string) {
    const group = tools.ToolGroupManager.createToolGroup(id)
    if (!group) throw new Error('Cornerstone made no tool group')
    this.group = group
    for (const tool of Object.values(TOOLS)) {
      group.addTool(tool, configurationOf(tool))
      waitForPicture(group.getToolInstance(tool))
    }
    group.addViewport(id, engineId)
    this.take('window')
  }

  close(): void {
    tools.ToolGroupManager.destroyToolGroup(this.group.id)
  }

  /** The chosen tool on the left button and one finger; the others always on their customary places. */
  take(chosen: ToolName): void {
    for (const name of Object.values(TOOLS)) this.group.setToolPassive(name, { removeAllBindings: true })
    const customary: Partial<Record<ToolName, tools.Types.IToolBinding[]>> = {
      zoom: [{ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 }],
      pan: [{ mouseButton: MouseBindings.Auxiliary }, { numTouchPoints: 3 }],
      scroll: [{ mouseButton: MouseBindings.Wheel }],
    }
    const bindings = { ...customary, [chosen]: [...(customary[chosen] ?? []), ...IN_HAND] }
    for (const [name, bound] of Object.entries(bindings))
      this.group.setToolActive(TOOLS[name as ToolName], { bindings: bound })
  }
}

const IN_HAND: readonly tools.Types.IToolBinding[] = [{ mouseButton: MouseBindings.Primary }, { numTouchPoints: 1 }]

const LONGEST_TEXT = 200

function configurationOf(tool: string): object {
  if (tool === TOOLS.magnifier) return { magnifySize: 3, magnifyWidth: 260, magnifyHeight: 260 }
  const kind = kindOf(tool)
  if (kind === undefined) return {}
  return {
    // Cornerstone hands over one target, or all of them
    getTextLines: (data: tools.Types.Annotation['data'], target: string | readonly string[]) =>
      linesOf(kind, data, imageIdOf(target)),
    calculateStats: false, // they are ours: Cornerstone counts stored values where the processor draws
    shadow: true,
    ...(kind === 'arrow' ? { getTextCallback: askForText, changeTextCallback: askForOther } : {}),
  }
}

const imageIdOf = (target: string | readonly string[]): string =>
  (typeof target === 'string' ? target : (target[0] ?? '')).replace(/^imageId:/, '')

/** What an arrow points at; without it the arrow is taken away again. */
function askForText(done: (words: string | undefined) => void, before = ''): void {
  const field = {
    name: 'words',
    label: text('desk.arrow-words'),
    kind: 'line',
    value: before,
    most: LONGEST_TEXT,
  } as const
  void ask({ title: text('desk.tool.arrow'), fields: [field], confirm: text('desk.arrow-put') }).then((answer) =>
    done(answer?.['words']?.slice(0, LONGEST_TEXT) ?? (before || undefined)),
  )
}

function askForOther(
  annotation: { readonly data: { readonly label?: string } },
  _event: unknown,
  done: (words: string | undefined) => void,
): void {
  askForText(done, annotation.data.label)
}
