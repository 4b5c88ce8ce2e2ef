/** The pictures of a series in reading order, out of its metadata. */
import { TAG, numberOf, numbersOf, textOf, type DataSet } from './dicom-json'
import { frameMetadata } from './frame-metadata'
import { isDescribed, isPrivate, privateClassOf, type ClassNames } from './private-classes'
import { RENDERED, asRendered, isRendered } from './rendered'
import { alongNormal } from './technique'

/** One frame of one instance; frame numbers begin with 1. */
export type Picture = {
  readonly imageId: string
  readonly instanceUid: string
  readonly frame: number
  readonly metadata: DataSet
  /** Of what the server has stored: frames that are asked for with it never change. Empty where nobody said. */
  readonly digest: string
  /** Which content of its series it is of, by digest; empty where nobody said. */
  readonly content: string
  /** What the maker calls the private class of the object; empty for classes of the standard. */
  readonly privateClass: string
}

export type SeriesAddress = { readonly studyUid: string; readonly seriesUid: string }

const PIXELS = [TAG.PixelData, TAG.FloatPixelData, TAG.DoubleFloatPixelData]

export const seriesPath = ({ studyUid, seriesUid }: SeriesAddress): string =>
  `/dicomweb/studies/${studyUid}/series/${seriesUid}`

/** Instances without pixels (reports, presentation states) give no picture; 0 frames or none said are one. */
export function picturesOf(
  address: SeriesAddress,
  instances: readonly DataSet[],
  names: ClassNames = {},
  content = '',
): readonly Picture[] {
  return inReadingOrder(instances.filter(isImage)).flatMap((instance) => {
    const instanceUid = textOf(instance, TAG.SOPInstanceUID)
    const frames = Math.max(1, numberOf(instance, TAG.NumberOfFrames) ?? 1)
    const privateClass = privateClassOf(instance, names)
    const digest = digestOf(instance)
    return Array.from({ length: frames }, (_, index) => {
      const own = frameMetadata(instance, index + 1)
      const rendered = isRendered(own)
      return {
        imageId: `${rendered ? RENDERED : 'wadors'}:${seriesPath(address)}/instances/${instanceUid}/frames/${index + 1}`,
        instanceUid,
        frame: index + 1,
        metadata: rendered ? asRendered(own) : own,
        digest,
        content,
        privateClass,
      }
    })
  })
}

/** Where the picture is asked for, as its pixels or, behind a further part of the path, in another form. */
export const frameAddressOf = (imageId: string, digest: string, form = ''): string =>
  `${imageId.slice(imageId.indexOf(':') + 1)}${form}${digest && `?digest=${digest}`}`

/** The address of its pixel data names it. */
export function digestOf(instance: DataSet): string {
  const { BulkDataURI = '' } = PIXELS.map((tag) => instance[tag]).find((pixels) => pixels !== undefined) ?? {}
  return /[?&]digest=([0-9a-f]+)/.exec(BulkDataURI)?.[1] ?? ''
}

/** A private object is a picture only where it says all that tells what its samples mean. */
export const isImage = (instance: DataSet): boolean =>
  (numberOf(instance, TAG.Rows) ?? 0) > 0 && (!isPrivate(instance) || isDescribed(instance))

/** By place along the normal of the slices where all have one and lie parallel, else by instance number. */
export function inReadingOrder(instances: readonly DataSet[]): readonly DataSet[] {
  const number = (instance: DataSet): number => numberOf(instance, TAG.InstanceNumber) ?? 0
  const byNumber = [...instances].sort((a, b) => number(a) - number(b))
  const places = new Map(byNumber.map((instance) => [instance, alongNormal(instance)]))
  const first = byNumber[0]
  if (!first || byNumber.length < 2 || ![...places.values()].every((place) => place !== undefined)) return byNumber
  const orientation = numbersOf(first, TAG.ImageOrientationPatient)
  const parallel = byNumber.every((instance) =>
    numbersOf(instance, TAG.ImageOrientationPatient).every(
      (cosine, i) => Math.abs(cosine - (orientation[i] ?? 0)) < 1e-3,
    ),
  )
  if (!parallel || new Set(places.values()).size !== byNumber.length) return byNumber
  const place = (instance: DataSet): number => places.get(instance) ?? 0
  const last = byNumber[byNumber.length - 1] ?? first
  const direction = place(last) >= place(first) ? 1 : -1 // the way that the device numbered them
  return byNumber.sort((a, b) => direction * (place(a) - place(b)))
}
