/** What a mark on the screen measures, in its picture: for the text beside it, and for the report. */
import * as core from '@cornerstonejs/core'
import type * as tools from '@cornerstonejs/tools'
import type { Calibration, Mark, MarkValue } from '../../api/marks'
import { announcedAs } from '../announced'
import { pixelOf, planeFrom, type KnownPlane, type Plane } from '../frame-plane'
import { pixelsBeneath } from '../overlay-loader'
import { isFromServer } from '../rendered-loader'
import { calibrationAt, scaleAt } from './calibration'
import { KINDS, type DrawnKind } from './kinds'
import { measured } from './measuring'
import { valuesOf, type Values } from './pixel-values'
import { valueWords } from './value-words'

const FULL = core.Enums.ImageQualityStatus.FULL_RESOLUTION

/** Kinds with lengths or areas. */
const SCALED: ReadonlySet<DrawnKind> = new Set(['length', 'ratio', 'rectangle', 'ellipse'])

type Data = tools.Types.Annotation['data']

/** Where the frame of an image lies, as it is drawn. */
export function planeOf(imageId: string): Plane | undefined {
  const known = core.metaData.get(core.Enums.MetadataModules.IMAGE_PLANE, imageId) as KnownPlane | undefined
  return known && planeFrom(known)
}

/** In pixels of the frame, in the order of a mark. */
export function pointsOf(kind: DrawnKind, data: Data, imageId: string): Mark['points'] {
  const plane = planeOf(imageId)
  const points = data.handles?.points ?? []
  return plane ? KINDS[kind].ofMark(points.map((point) => pixelOf(plane, point))) : []
}

const known = new WeakMap<core.Types.IImage, Values>()

/** Of a picture that is there at full resolution, in values of its modality. */
function valuesIn(imageId: string): Values | undefined {
  const picture = announcedAs(imageId)
  const image = core.cache.getImage(imageId) as (core.Types.IImage & { imageQualityStatus?: number }) | undefined
  if (!picture || !image || image.color || isFromServer(image) || image.imageQualityStatus !== FULL) return undefined
  const values =
    known.get(image) ?? valuesOf(pixelsBeneath(image), image, image.preScale?.scaled === true, picture.metadata)
  known.set(image, values)
  return values
}

type Measured = { readonly key: string; readonly image: unknown; readonly values: readonly MarkValue[] }

/** A large region is not counted anew at each drawing. */
const before = new WeakMap<Data, Measured>()

/** Nothing of pixels before the picture is there at full resolution. */
export function measurementsOf(kind: DrawnKind, data: Data, imageId: string): readonly MarkValue[] {
  const points = pointsOf(kind, data, imageId)
  const picture = announcedAs(imageId)
  if (!picture || points.length < KINDS[kind].points) return []
  const pixels = valuesIn(imageId)
  const key = JSON.stringify(points)
  const last = before.get(data)
  if (last?.key === key && last.image === pixels) return last.values
  const values = measured(kind, points, scaleAt(picture.metadata, points), pixels)
  before.set(data, { key, image: pixels, values })
  return values
}

/** How lengths and areas of a mark are calibrated; undefined where it has none. */
export function calibrationOf(kind: DrawnKind, data: Data, imageId: string): Calibration | undefined {
  const picture = announcedAs(imageId)
  return picture && SCALED.has(kind) ? calibrationAt(picture.metadata, pointsOf(kind, data, imageId)) : undefined
}

/** The lines of text beside a mark. */
export function linesOf(kind: DrawnKind, data: Data, imageId: string): string[] {
  const values = measurementsOf(kind, data, imageId)
  return kind === 'probe' && values.length === 0 ? coloursAt(data, imageId) : values.map(valueWords)
}

/** Red, green and blue of the pixel under a probe: colours have no value that a report could tell. */
function coloursAt(data: Data, imageId: string): string[] {
  const image = core.cache.getImage(imageId)
  const [[x, y] = [-1, -1]] = pointsOf('probe', data, imageId)
  const [column, row] = [Math.floor(x), Math.floor(y)]
  if (!image?.color || isFromServer(image) || column < 0 || row < 0 || column >= image.columns || row >= image.rows)
    return []
  const pixels = pixelsBeneath(image)
  const at = (row * image.columns + column) * (pixels.length / (image.columns * image.rows))
  return [`RGB ${pixels[at]} ${pixels[at + 1]} ${pixels[at + 2]}`]
}
