/** What a mark measures: lengths, angles and areas of its points, and the values of the pixels in it. */
import type { Mark, MarkKind, MarkValue } from '../../api/marks'
import { PIXELS, type Axis, type Point, type Scale } from './calibration'
import type { Values } from './pixel-values'

type Vector = readonly [number, number]

/** Of the kinds that measure their own shape; `values` are those of the picture, undefined where nobody knows them. */
export function measured(
  kind: MarkKind,
  points: Mark['points'],
  scale: Scale,
  values: Values | undefined,
): readonly MarkValue[] {
  switch (kind) {
    case 'length':
      return extentOf(points, scale)
    case 'angle':
      return angleAt(points, scale)
    case 'cobb':
      return cobbOf(points, scale)
    case 'ratio':
      return ratioOf(points, scale)
    case 'probe':
      return values ? valuesAt(points, values) : []
    case 'rectangle':
      return [...areaOf(polygonArea(points), scale), ...within(points, insideRectangle(points), values)]
    case 'ellipse':
      return [...areaOf(ellipseArea(points), scale), ...within(points, insideEllipse(points), values)]
    case 'arrow':
    case 'key':
      return []
  }
}

const rounded = (value: number): number => Number(value.toFixed(4))

const isAlike = ({ x, y }: Scale): boolean => x.unit === y.unit

/** From the first point to the second, in physical units. */
function vectorOf([from, to]: Mark['points'], { x, y }: Scale): Vector | undefined {
  return from && to && [(to[0] - from[0]) * x.size, (to[1] - from[1]) * y.size]
}

/** The length; or both extents where the axes are not alike, as time and velocity of a Doppler curve. */
function extentOf(points: Mark['points'], scale: Scale): readonly MarkValue[] {
  const vector = vectorOf(points, scale)
  if (!vector) return []
  if (isAlike(scale)) return [{ name: 'length', value: rounded(Math.hypot(...vector)), unit: scale.x.unit }]
  const along = (axis: Axis, extent: number): MarkValue => ({
    name: 'value',
    value: rounded(Math.abs(extent)),
    unit: axis.unit,
  })
  return [along(scale.x, vector[0]), along(scale.y, vector[1])]
}

/** In degrees, from 0 to 180. */
function between([ax, ay]: Vector, [bx, by]: Vector): number {
  return (Math.abs(Math.atan2(ax * by - ay * bx, ax * bx + ay * by)) * 180) / Math.PI
}

const degrees = (value: number): readonly MarkValue[] => [{ name: 'angle', value: rounded(value), unit: 'deg' }]

/** At the vertex, the point in the middle. */
function angleAt([first, vertex, last]: Mark['points'], scale: Scale): readonly MarkValue[] {
  const [a, b] = [vectorOf([vertex, first] as Mark['points'], scale), vectorOf([vertex, last] as Mark['points'], scale)]
  return a && b && isAlike(scale) ? degrees(between(a, b)) : []
}

/** Between the lines as one leads from an end of the first to the end of the second that lies on the same side. */
function cobbOf([a, b, c, d]: Mark['points'], scale: Scale): readonly MarkValue[] {
  if (!a || !b || !c || !d || !isAlike(scale)) return []
  const far = (one: Point, other: Point): number => Math.hypot(...(vectorOf([one, other], scale) ?? [0, 0]))
  const [e, f] = far(a, c) + far(b, d) <= far(a, d) + far(b, c) ? [c, d] : [d, c]
  const [first, second] = [vectorOf([a, b], scale), vectorOf([e, f], scale)]
  return first && second ? degrees(between(first, second)) : []
}

/** The ratio, and both lengths. */
function ratioOf(points: Mark['points'], scale: Scale): readonly MarkValue[] {
  const [divided] = extentOf(points.slice(0, 2), scale)
  const [divisor] = extentOf(points.slice(2), scale)
  if (!divided || !divisor || divisor.value === 0 || !isAlike(scale)) return []
  return [{ name: 'ratio', value: rounded(divided.value / divisor.value), unit: '1' }, divided, divisor]
}

function areaOf(pixels: number, scale: Scale): readonly MarkValue[] {
  if (!isAlike(scale) || (scale.x.unit !== 'mm' && scale.x.unit !== PIXELS)) return []
  return [{ name: 'area', value: rounded(pixels * scale.x.size * scale.y.size), unit: `${scale.x.unit}2` }]
}

function polygonArea(corners: Mark['points']): number {
  const twice = corners.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = corners[(index + 1) % corners.length] ?? [x, y]
    return sum + x * nextY - nextX * y
  }, 0)
  return Math.abs(twice) / 2
}

/** Half of each axis, and the middle. */
function axesOf([a, b, c, d]: Mark['points']): { middle: Point; major: Vector; minor: Vector } | undefined {
  if (!a || !b || !c || !d) return undefined
  const half = (from: Point, to: Point): Vector => [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2]
  return { middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], major: half(a, b), minor: half(c, d) }
}

const cross = ([ax, ay]: Vector, [bx, by]: Vector): number => ax * by - ay * bx

function ellipseArea(points: Mark['points']): number {
  const axes = axesOf(points)
  return axes ? Math.PI * Math.abs(cross(axes.major, axes.minor)) : 0
}

type Inside = (x: number, y: number) => boolean

function insideEllipse(points: Mark['points']): Inside {
  const axes = axesOf(points)
  const size = axes ? cross(axes.major, axes.minor) : 0
  if (!axes || size === 0) return () => false
  const { middle, major, minor } = axes
  return (x, y) => {
    const from: Vector = [x - middle[0], y - middle[1]]
    return (cross(from, minor) / size) ** 2 + (cross(major, from) / size) ** 2 <= 1
  }
}

/** Of four corners, one after another around it, at whatever angle. */
function insideRectangle(corners: Mark['points']): Inside {
  return (x, y) => {
    const sides = corners.map(([ax, ay], index) => {
      const [bx, by] = corners[(index + 1) % corners.length] ?? [ax, ay]
      return cross([bx - ax, by - ay], [x - ax, y - ay])
    })
    return sides.every((side) => side >= 0) || sides.every((side) => side <= 0)
  }
}

/** Of the pixels whose middle lies inside; the standard deviation is that of all of them, not of a sample. */
function within(points: Mark['points'], inside: Inside, values: Values | undefined): readonly MarkValue[] {
  if (!values) return []
  const [columns, rows] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right] = [Math.max(0, Math.floor(Math.min(...columns))), Math.min(values.columns, Math.max(...columns))]
  const [top, bottom] = [Math.max(0, Math.floor(Math.min(...rows))), Math.min(values.rows, Math.max(...rows))]
  const found: number[] = []
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++)
      if (inside(column + 0.5, row + 0.5)) found.push(values.at(column, row))
  return found.length > 0 ? statisticsOf(found, values) : []
}

function statisticsOf(found: readonly number[], values: Values): readonly MarkValue[] {
  const { unit, factor } = values.better ?? { unit: values.unit, factor: 1 }
  let [sum, squares, min, max] = [0, 0, Infinity, -Infinity]
  for (const value of found) {
    sum += value
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  const mean = sum / found.length
  for (const value of found) squares += (value - mean) ** 2
  const sd = Math.sqrt(squares / found.length)
  return Object.entries({ mean, sd, min, max }).map(([name, value]) => ({
    name: name as MarkValue['name'],
    value: rounded(value * factor),
    unit,
  }))
}

/** Of the pixel under the point; what is better than the modality's own value goes first. */
function valuesAt([point]: Mark['points'], { at, columns, rows, unit, better }: Values): readonly MarkValue[] {
  const [column, row] = [Math.floor(point?.[0] ?? -1), Math.floor(point?.[1] ?? -1)]
  if (column < 0 || row < 0 || column >= columns || row >= rows) return []
  const value = at(column, row)
  const plain: MarkValue = { name: 'value', value: rounded(value), unit }
  return better ? [{ name: 'value', value: rounded(value * better.factor), unit: better.unit }, plain] : [plain]
}
