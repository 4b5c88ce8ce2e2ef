/** What a pixel measures where points lie: in the patient, on the detector, in a region of an ultrasound picture, or nothing known. */
import type { Calibration } from '../../api/marks'
import { TAG, numberOf, numbersOf, textOf, type DataSet } from '../dicom-json'
import { regionAround, regionsOf } from './ultrasound-regions'

/** Column and row in pixels of the frame; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2). */
export type Point = readonly [number, number]

/** `size` is that of one pixel, in `unit` (UCUM). */
export type Axis = { readonly size: number; readonly unit: string }

/**
 * Where lengths are true: in the patient; in the patient by the magnification that the device states; on the detector or
 * film; in a region of an ultrasound picture; nowhere, and they are told in pixels.
 */
export type Source = 'patient' | 'magnification' | 'detector' | 'region' | 'pixels'

/** Along the rows (x) and along the columns (y). */
export type Scale = { readonly x: Axis; readonly y: Axis; readonly source: Source }

/** In mm between rows and between columns. */
type Spacing = { readonly mm: readonly [number, number]; readonly source: 'patient' | 'magnification' | 'detector' }

export const PIXELS = '{pixels}'

/** Of all these points together. */
export function scaleAt(metadata: DataSet, points: readonly Point[]): Scale {
  const regions = regionsOf(metadata)
  if (regions.length > 0) {
    const region = regionAround(regions, points)
    return region ? { x: region.x, y: region.y, source: 'region' } : inPixels(metadata)
  }
  const spacing = spacingOf(metadata)
  if (!spacing) return inPixels(metadata)
  const [between_rows, between_columns] = spacing.mm
  return { x: { size: between_columns, unit: 'mm' }, y: { size: between_rows, unit: 'mm' }, source: spacing.source }
}

/** How far lengths on a picture can be trusted as a whole. */
export const measuredAt = (metadata: DataSet): Source =>
  regionsOf(metadata).length > 0 ? 'region' : (spacingOf(metadata)?.source ?? 'pixels')

/** How the lengths of a mark were calibrated, as a report keeps it (`reading/reports/marks.py`). */
export function calibrationAt(metadata: DataSet, points: readonly Point[]): Calibration {
  const { source } = scaleAt(metadata, points)
  if (source !== 'patient') return source
  const type = textOf(metadata, TAG.PixelSpacingCalibrationType).trim()
  if (type === 'FIDUCIAL') return 'fiducial'
  if (type === 'GEOMETRY') return 'geometry'
  const projects = PROJECTIONS.has(textOf(metadata, TAG.Modality)) || pairOf(metadata, TAG.ImagerPixelSpacing)
  return projects ? 'calibrated' : 'patient'
}

/** Modalities that project: their Pixel Spacing alone may be that on the detector (PS3.3 10.7.1.3). */
const PROJECTIONS: ReadonlySet<string> = new Set(['CR', 'DX', 'MG', 'IO', 'PX', 'RG', 'RF', 'XA', 'RTIMAGE'])

/**
 * Pixel Spacing of a projection is calibrated where it says how, or differs from Imager Pixel Spacing; that is at the
 * detector, from which the magnification leads to the patient where the device states it (PS3.3 10.7.1.3).
 */
function spacingOf(metadata: DataSet): Spacing | undefined {
  const known = pairOf(metadata, TAG.PixelSpacing)
  const detector = pairOf(metadata, TAG.ImagerPixelSpacing)
  const differs = detector ? known?.join() !== detector.join() : !PROJECTIONS.has(textOf(metadata, TAG.Modality))
  if (known && (textOf(metadata, TAG.PixelSpacingCalibrationType) || differs)) return { mm: known, source: 'patient' }
  const beam = pairOf(metadata, TAG.ObjectPixelSpacingInCenterOfBeam)
  if (beam) return { mm: beam, source: 'magnification' }
  const magnification = numberOf(metadata, TAG.EstimatedRadiographicMagnificationFactor) ?? 1
  if (detector && magnification > 0 && magnification !== 1)
    return { mm: [detector[0] / magnification, detector[1] / magnification], source: 'magnification' }
  const flat = detector ?? known ?? pairOf(metadata, TAG.NominalScannedPixelSpacing)
  return flat && { mm: flat, source: 'detector' }
}

/** The height of a pixel where its width is 1 (PS3.3 C.7.6.3.1.7). */
function aspectOf(metadata: DataSet): number {
  const [vertical = 0, horizontal = 0] = numbersOf(metadata, TAG.PixelAspectRatio)
  return vertical > 0 && horizontal > 0 ? vertical / horizontal : 1
}

function inPixels(metadata: DataSet): Scale {
  return { x: { size: 1, unit: PIXELS }, y: { size: aspectOf(metadata), unit: PIXELS }, source: 'pixels' }
}

/** A spacing of 0, as some devices write it, is none. */
function pairOf(metadata: DataSet, tag: string): readonly [number, number] | undefined {
  const [rows = 0, columns = 0] = numbersOf(metadata, tag)
  return rows > 0 && columns > 0 ? [rows, columns] : undefined
}

const IN_NO_PLACE: DataSet = {
  [TAG.ImagePositionPatient]: { vr: 'DS', Value: [0, 0, 0] },
  [TAG.ImageOrientationPatient]: { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
}

/** How much of the screen a pixel takes, between rows and between columns: in mm, or as wide as 1 where nothing is known. */
export function sizeOnScreen(metadata: DataSet): readonly [number, number] {
  return spacingOf(metadata)?.mm ?? [aspectOf(metadata), 1]
}

/** The metadata for Cornerstone, which believes a spacing only beside a place in space that a radiograph does not have. */
export function drawable(metadata: DataSet): DataSet {
  const { [TAG.PixelSpacing]: _raw, ...rest } = metadata
  const size = sizeOnScreen(metadata)
  if (!spacingOf(metadata) && size[0] === 1) return rest
  return { ...IN_NO_PLACE, ...rest, [TAG.PixelSpacing]: { vr: 'DS', Value: size } }
}
