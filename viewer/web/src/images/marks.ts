/** Marks of a report in Cornerstone's memory: what was measured becomes a mark, and marks are put into pictures. */
import * as tools from '@cornerstonejs/tools'
import * as core from '@cornerstonejs/core'
import type { Mark, MarkChange, MarkValue } from '../api/shapes'
import { pixelOf, planeFrom, pointOf, type KnownPlane, type Plane } from './frame-plane'
import type { Picture } from './pictures'

const LENGTH = tools.LengthTool.toolName
/** What is drawn changes many times a second while somebody drags. */
const QUIET_MS = 150
const { ChangeTypes, Events } = tools.Enums

type Drawn = tools.Types.Annotation
type Change = CustomEvent<{ readonly annotation: Drawn; readonly changeType?: tools.Enums.ChangeTypes }>

/** Drawn to their end by the person, or put here; what is under the mouse for the first time is no mark yet. */
const complete = new Set<string>()
/** Put here, and not touched since: that they are measured again when they are drawn is no change. */
const untouched = new Set<string>()
/** The points of each mark as it was told last: a list that has just these is an echo, and may be behind the hand. */
const told = new Map<string, string>()
/** Marks come and go by themselves, not by the hand of the person. */
let byHand = true

function withoutTelling(act: () => void): void {
  byHand = false
  try {
    act()
  } finally {
    byHand = true
  }
}

/** Tells what the person draws, changes and removes in the pictures that are asked for; answers how to stop. */
export function watchMarks(imageIds: () => ReadonlySet<string>, onChange: (change: MarkChange) => void): () => void {
  const touched = new Map<string, Drawn>()
  let timer: ReturnType<typeof setTimeout> | undefined
  const tell = (): void => {
    const drawn = [...touched.values()].flatMap((one) => markOf(one) ?? [])
    touched.clear()
    for (const { id, points } of drawn) told.set(id, JSON.stringify(points))
    if (drawn.length > 0) onChange({ changed: drawn, removed: [] })
  }
  const touch = ({ detail: { annotation, changeType } }: Change, isDone: boolean): void => {
    const { annotationUID: id } = annotation
    if (!id || !byHand || !imageIds().has(imageIdOf(annotation))) return
    if (changeType !== ChangeTypes.StatsUpdated) untouched.delete(id)
    if (untouched.has(id)) return
    if (isDone) complete.add(id)
    if (!complete.has(id)) return
    touched.set(id, annotation)
    clearTimeout(timer)
    if (isDone) tell()
    else timer = setTimeout(tell, QUIET_MS)
  }
  const onCompleted = (event: Change): void => touch(event, true)
  const onModified = (event: Change): void => touch(event, false)
  const onRemoved = ({ detail: { annotation } }: Change): void => {
    const { annotationUID: id } = annotation
    if (!id) return
    touched.delete(id)
    if (byHand && complete.has(id) && imageIds().has(imageIdOf(annotation))) onChange({ changed: [], removed: [id] })
  }
  const listeners: readonly (readonly [string, EventListener])[] = [
    [Events.ANNOTATION_COMPLETED, onCompleted as EventListener],
    [Events.ANNOTATION_MODIFIED, onModified as EventListener],
    [Events.ANNOTATION_REMOVED, onRemoved as EventListener],
  ]
  for (const [name, listener] of listeners) core.eventTarget.addEventListener(name, listener)
  return () => {
    for (const [name, listener] of listeners) core.eventTarget.removeEventListener(name, listener)
    clearTimeout(timer)
  }
}

/** Draws those of the marks that lie in these pictures, as they are now, and takes away those that are gone. */
export function putMarks(
  viewportId: string,
  pictures: readonly Picture[],
  marks: readonly Mark[],
  before: readonly Mark[],
): void {
  const addresses = new Map(pictures.map((each) => [`${each.instanceUid}/${each.frame}`, each.imageId]))
  withoutTelling(() => {
    for (const { id } of before) if (!marks.some((mark) => mark.id === id)) tools.annotation.state.removeAnnotation(id)
    for (const mark of marks) {
      const imageId = addresses.get(`${mark.instance_uid}/${mark.frame}`)
      const plane = imageId === undefined ? undefined : planeOf(imageId)
      if (mark.kind !== 'length' || imageId === undefined || !plane) continue
      const drawn = tools.annotation.state.getAnnotation(mark.id)
      const points = JSON.stringify(mark.points)
      if (drawn && (points === told.get(mark.id) || points === JSON.stringify(markOf(drawn)?.points))) continue
      if (drawn) tools.annotation.state.removeAnnotation(mark.id)
      complete.add(mark.id)
      untouched.add(mark.id)
      told.set(mark.id, points)
      tools.LengthTool.hydrate(
        viewportId,
        mark.points.map((point) => pointOf(plane, point)),
        { annotationUID: mark.id, referencedImageId: imageId },
      )
    }
  })
}

/** Takes everything that is drawn in pictures of these studies out of memory: they are looked at no longer. */
export function forgetMarks(studies: readonly string[]): void {
  const theirs = tools.annotation.state
    .getAllAnnotations()
    .filter((one) => studies.includes(placeOf(imageIdOf(one))?.study_uid ?? ''))
  withoutTelling(() => {
    for (const { annotationUID } of theirs) if (annotationUID) tools.annotation.state.removeAnnotation(annotationUID)
  })
}

/** Removes what the person drew in these pictures. */
export function clearMarks(imageIds: ReadonlySet<string>): void {
  for (const drawn of tools.annotation.state.getAllAnnotations())
    if (drawn.annotationUID && imageIds.has(imageIdOf(drawn)))
      tools.annotation.state.removeAnnotation(drawn.annotationUID)
}

const imageIdOf = ({ metadata }: Drawn): string => metadata?.referencedImageId ?? ''

function markOf(drawn: Drawn): Mark | undefined {
  const { annotationUID, metadata, data } = drawn
  const imageId = imageIdOf(drawn)
  const place = placeOf(imageId)
  const plane = planeOf(imageId)
  const points = data.handles?.points ?? []
  if (!annotationUID || metadata?.toolName !== LENGTH || !place || !plane || points.length !== 2) return undefined
  return {
    id: annotationUID,
    kind: 'length',
    ...place,
    points: points.map((point) => pixelOf(plane, point)),
    // what was measured on the way of the hand is not the length of what it drew
    values: drawn.invalidated ? [] : lengthIn(data.cachedStats ?? {}),
    text: '',
  }
}

/** Of Cornerstone, which may say behind it how it was calibrated, in UCUM. */
const UNITS: Readonly<Record<string, string>> = { mm: 'mm', cm: 'cm', px: '{pixels}' }

function lengthIn(stats: object): readonly MarkValue[] {
  const [first] = Object.values(stats) as { readonly length?: number; readonly unit?: string }[]
  if (typeof first?.length !== 'number' || !Number.isFinite(first.length)) return []
  const unit = UNITS[first.unit?.split(' ')[0] ?? '']
  return unit === undefined ? [] : [{ name: 'length', value: Math.round(first.length * 1e4) / 1e4, unit }]
}

function planeOf(imageId: string): Plane | undefined {
  const known = core.metaData.get(core.Enums.MetadataModules.IMAGE_PLANE, imageId) as KnownPlane | undefined
  return known && planeFrom(known)
}

/** Which picture an address of Cornerstone's is of; undefined for one that is not ours. */
export function placeOf(
  imageId: string,
): Pick<Mark, 'study_uid' | 'series_uid' | 'instance_uid' | 'frame'> | undefined {
  const parts = /\/studies\/([\d.]+)\/series\/([\d.]+)\/instances\/([\d.]+)\/frames\/(\d+)$/.exec(imageId)
  const [, study_uid, series_uid, instance_uid, frame] = parts ?? []
  if (!study_uid || !series_uid || !instance_uid || !frame) return undefined
  return { study_uid, series_uid, instance_uid, frame: Number(frame) }
}
