/** The kinds of marks and Cornerstone's tools for them, with the order that each has its points in. */
import type { Mark, MarkKind } from '../../api/marks'

export type DrawnKind = Exclude<MarkKind, 'key'>

type Points = Mark['points']

type Kind = {
  readonly tool: string
  /** How many points there are when it is drawn to its end. */
  readonly points: number
  /** Out of the order in which Cornerstone's tool has them. */
  readonly ofMark: (points: Points) => Points
  readonly ofTool: (points: Points) => Points
}

const asTheyAre = (points: Points): Points => points
const plain = (tool: string, points: number): Kind => ({ tool, points, ofMark: asTheyAre, ofTool: asTheyAre })

/** Cornerstone's corners go from left to right twice; ours go around. */
const crosswise = (points: Points): Points => pick(points, [0, 1, 3, 2])

/** Cornerstone has the ends of an axis that stands on the screen, then of one that lies; we have the longer one first. */
const longerFirst = (points: Points): Points =>
  extent(points, 0) >= extent(points, 2) ? points : pick(points, [2, 3, 0, 1])

function standingFirst(points: Points): Points {
  const [a, b] = points
  return a && b && Math.abs(b[0] - a[0]) > Math.abs(b[1] - a[1]) ? pick(points, [2, 3, 0, 1]) : points
}

export const KINDS: Readonly<Record<DrawnKind, Kind>> = {
  length: plain('Length', 2),
  angle: plain('Angle', 3),
  cobb: plain('CobbAngle', 4),
  rectangle: { tool: 'RectangleROI', points: 4, ofMark: crosswise, ofTool: crosswise },
  ellipse: { tool: 'EllipticalROI', points: 4, ofMark: longerFirst, ofTool: standingFirst },
  probe: plain('Probe', 1),
  arrow: plain('ArrowAnnotate', 2),
  ratio: plain('WidthRatio', 4),
}

export const kindOf = (tool: string): DrawnKind | undefined =>
  (Object.keys(KINDS) as DrawnKind[]).find((kind) => KINDS[kind].tool === tool)

function pick(points: Points, order: readonly number[]): Points {
  return order.flatMap((index) => {
    const point = points[index]
    return point ? [point] : []
  })
}

function extent(points: Points, from: number): number {
  const [a, b] = points.slice(from)
  return a && b ? Math.hypot(b[0] - a[0], b[1] - a[1]) : 0
}
