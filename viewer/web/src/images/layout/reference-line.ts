/** Where the slice of the active cell cuts the picture of another one. */
import { nothing, svg, html, type TemplateResult } from 'lit'
import type { Picture } from '../pictures'
import type { Stack } from '../stack'
import { cutBy, planeOf, type Plane } from './planes'

export function referenceLine(
  picture: Picture,
  stack: Stack | undefined,
  source: Plane | undefined,
): TemplateResult | typeof nothing {
  const target = source && planeOf(picture.metadata)
  const cut = target && cutBy(target, source)
  if (!cut || !stack) return nothing
  const [[x1, y1], [x2, y2]] = [stack.onScreenAt(cut[0]), stack.onScreenAt(cut[1])]
  return html`<svg class="reference" aria-hidden="true">${svg`<line x1=${x1} y1=${y1} x2=${x2} y2=${y2} />`}</svg>`
}
