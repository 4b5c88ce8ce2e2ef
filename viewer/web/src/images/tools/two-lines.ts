/** Tools of two lines: the angle after Cobb, and the ratio of two widths such as those of heart and chest. */
import * as tools from '@cornerstonejs/tools'
import { KINDS } from './kinds'

type Calculation = Parameters<tools.CobbAngleTool['_calculateCachedStats']>

/** Cornerstone writes nothing beside lines between which there is no angle: we always say what was measured. */
export class TwoLinesTool extends tools.CobbAngleTool {
  static override toolName = KINDS.cobb.tool

  override _calculateCachedStats(...[annotation, engine, element]: Calculation): object {
    const stats = super._calculateCachedStats(annotation, engine, element) as Record<string, { angle: number }>
    for (const one of Object.values(annotation.data.cachedStats as typeof stats)) one.angle ||= 1
    return stats
  }
}

export class WidthRatioTool extends TwoLinesTool {
  static override toolName = KINDS.ratio.tool
}
