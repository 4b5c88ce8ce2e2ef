/** The signs of tools and acts, drawn in a square of 24. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit'
import type { Act, ToolName } from './tool-names'

const SIGNS: Readonly<Record<ToolName | Act | 'pause' | 'clear' | 'more', SVGTemplateResult>> = {
  window: svg`<circle cx="12" cy="12" r="8"/><path d="M12 4a8 8 0 0 1 0 16z" fill="currentColor"/>`,
  zoom: svg`<circle cx="10.5" cy="10.5" r="6"/><path d="M15 15l5.5 5.5M8 10.5h5M10.5 8v5"/>`,
  pan: svg`<path d="M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3"/>`,
  scroll: svg`<path d="M5 8l7-4 7 4-7 4zM5 12l7 4 7-4M5 16l7 4 7-4"/>`,
  magnifier: svg`<circle cx="11" cy="11" r="7"/><path d="M16 16l5 5M8 9a3.5 3.5 0 0 1 3-2"/>`,
  length: svg`<path d="M4 17L17 4l3 3L7 20zM8 13l2 2M11 10l2 2M14 7l2 2"/>`,
  angle: svg`<path d="M20 19H4L16 5M11 19a7 7 0 0 0-2.4-5.3"/>`,
  cobb: svg`<path d="M4 9l13-5M5 15l14 5"/><path d="M12 6v12" stroke-dasharray="2 2"/>`,
  rectangle: svg`<rect x="4" y="6" width="16" height="12"/>`,
  ellipse: svg`<ellipse cx="12" cy="12" rx="8.5" ry="6"/>`,
  probe: svg`<circle cx="12" cy="12" r="2.5" fill="currentColor"/><path d="M12 3v5M12 16v5M3 12h5M16 12h5"/>`,
  arrow: svg`<path d="M5 19L18 6M10 5h9v9"/>`,
  ratio: svg`<path d="M3 17h18M3 14v6M21 14v6M8 8h8M8 5v6M16 5v6"/>`,
  invert: svg`<rect x="4" y="4" width="16" height="16"/><path d="M4 4h16L4 20z" fill="currentColor"/>`,
  rotate: svg`<rect x="4" y="11" width="10" height="10"/><path d="M8 6h6a5 5 0 0 1 5 5v3M16 11l3 3 3-3"/>`,
  flip: svg`<path d="M12 3v18M9 7v10H3zM15 7v10h6z"/>`,
  reset: svg`<path d="M5 12a7 7 0 1 0 2.5-5.4M5 4v4h4"/>`,
  back: svg`<path d="M9 6L4 11l5 5M4 11h9a6 6 0 0 1 6 6v2"/>`,
  film: svg`<path d="M7 5v14l11-7z"/>`,
  pause: svg`<path d="M8 5v14M16 5v14"/>`,
  clear: svg`<path d="M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13"/>`,
  more: svg`<circle cx="5" cy="12" r="1.5"/><circle cx="12" cy="12" r="1.5"/><circle cx="19" cy="12" r="1.5"/>`,
}

export const sign = (name: keyof typeof SIGNS): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${SIGNS[name]}</svg>`
