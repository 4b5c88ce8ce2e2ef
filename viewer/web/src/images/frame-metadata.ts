/**
 * The metadata of one frame as those of an image of its own: its functional groups at the top (PS3.3 C.7.6.16), and what
 * Cornerstone would misread put right. Cornerstone's own merging writes the groups of one frame into all of them.
 */
import { TAG, itemsOf, numberOf, textOf, type DataSet } from './dicom-json'

/**
 * Pixel measures, plane position and orientation, pixel value transformation, frame VOI LUT; pixel data properties and
 * pixel calibration of projections; frame anatomy; exposure and details of CT, timing and echo of MR.
 */
const MACROS = [
  ...['00289110', '00209113', '00209116', '00289145', '00289132'],
  ...['00289443', '00189401', '00209071', '00189321', '00189325', '00189112', '00189114'],
] as const

/** `frame` counts from 1. The frame's own groups go before the shared ones. */
export function frameMetadata(instance: DataSet, frame: number): DataSet {
  const shared = itemsOf(instance, TAG.SharedFunctionalGroups)[0] ?? {}
  const own = itemsOf(instance, TAG.PerFrameFunctionalGroups)[frame - 1] ?? {}
  const {
    [TAG.SharedFunctionalGroups]: _shared,
    [TAG.PerFrameFunctionalGroups]: _perFrame,
    [TAG.NumberOfFrames]: _frames,
    ...rest
  } = instance
  return forCornerstone(Object.assign(rest, ...[shared, own].flatMap((group) => [...macrosOf(group)])) as DataSet)
}

function* macrosOf(group: DataSet): Generator<DataSet> {
  for (const macro of MACROS) yield itemsOf(group, macro)[0] ?? {}
  for (const { Value } of Object.values(group)) {
    const said = (Value?.[0] as DataSet | undefined)?.[TAG.PixelPresentation] // in the frame type of each modality
    if (said) yield { [TAG.PixelPresentation]: said }
  }
}

/**
 * A missing Modality leaves Cornerstone waiting for ever. It looks at Photometric Interpretation alone for which end is
 * white, where Presentation LUT Shape goes before it (PS3.3 C.11.6); and it rescales colours, and by a slope of 0.
 */
function forCornerstone(metadata: DataSet): DataSet {
  const { [TAG.RescaleSlope]: slope, [TAG.RescaleIntercept]: intercept, ...rest } = metadata
  const rescaled = numberOf(metadata, TAG.RescaleSlope) !== 0 && (numberOf(metadata, TAG.SamplesPerPixel) ?? 1) === 1
  return {
    ...rest,
    ...(rescaled && slope ? { [TAG.RescaleSlope]: slope } : {}),
    ...(rescaled && intercept ? { [TAG.RescaleIntercept]: intercept } : {}),
    ...(textOf(metadata, TAG.Modality) ? {} : { [TAG.Modality]: { vr: 'CS', Value: ['OT'] } }),
    [TAG.PhotometricInterpretation]: { vr: 'CS', Value: [photometricOf(metadata)] },
  }
}

function photometricOf(metadata: DataSet): string {
  const photometric = textOf(metadata, TAG.PhotometricInterpretation)
  if (!photometric.startsWith('MONOCHROME')) return photometric
  const shape = textOf(metadata, TAG.PresentationLUTShape)
  if (shape === 'INVERSE') return 'MONOCHROME1'
  return shape === 'IDENTITY' ? 'MONOCHROME2' : photometric
}
