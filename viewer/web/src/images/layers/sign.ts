/** The sign of what lies over pictures. */
import { svg } from 'lit'

/** Drawn in a square of 24: a shape over a picture. */
export const SIGN = svg`<rect x="3" y="3" width="14" height="14"/><path d="M10 9c5-3 11 0 11 6s-6 7-10 4-4-8-1-10z" fill="currentColor" fill-opacity=".35"/>`
