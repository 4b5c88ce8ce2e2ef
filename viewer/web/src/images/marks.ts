/** Marks of a report in Cornerstone's memory: what was measured becomes a mark, and marks are put into pictures. */
import * as tools from '@cornerstonejs/tools'
import * as core from '@cornerstonejs/core'
import type { Mark, MarkChange } from '../api/marks'
import { pointOf, type Plane } from './frame-plane'
import type { Picture } from './pictures'
import { kindOf, KINDS, type DrawnKind } from './tools/kinds'
import { calibrationOf, measurementsOf, planeOf, pointsOf } from './tools/measurements'

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
    for (const mark of drawn) told.set(mark.id, drawingOf(mark))
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

/** What of a mark is drawn: its points, and what is written beside them. */
const drawingOf = ({ points, text }: Pick<Mark, 'points' | 'text'>): string => JSON.stringify([points, text])

/** Draws those of the marks that lie in these pictures, as they are now, and takes away those that are gone. */
export function putMarks(pictures: readonly Picture[], marks: readonly Mark[], before: readonly Mark[]): void {
  const addresses = new Map(pictures.map((each) => [`${each.instanceUid}/${each.frame}`, each.imageId]))
  withoutTelling(() => {
    for (const { id } of before) if (!marks.some((mark) => mark.id === id)) tools.annotation.state.removeAnnotation(id)
    for (const mark of marks) {
      const imageId = addresses.get(`${mark.instance_uid}/${mark.frame}`)
      const plane = imageId === undefined ? undefined : planeOf(imageId)
      if (mark.kind === 'key' || imageId === undefined || !plane) continue
      const drawn = tools.annotation.state.getAnnotation(mark.id)
      const drawing = drawingOf(mark)
      const now = drawn && markOf(drawn)
      if (drawn && (drawing === told.get(mark.id) || (now && drawing === drawingOf(now)))) continue
      if (drawn) tools.annotation.state.removeAnnotation(mark.id)
      complete.add(mark.id)
      untouched.add(mark.id)
      told.set(mark.id, drawing)
      tools.annotation.state.addAnnotation(drawnOf(mark, mark.kind, imageId, plane), frameOfReference(imageId))
    }
  })
}

/** As Cornerstone groups what is drawn; pictures without a frame of reference are one group. */
const frameOfReference = (imageId: string): string =>
  String(
    (core.metaData.get(core.Enums.MetadataModules.IMAGE_PLANE, imageId) as { frameOfReferenceUID?: string } | undefined)
      ?.frameOfReferenceUID,
  )

const NOWHERE: core.Types.Point3 = [0, 0, 0]

function drawnOf(mark: Mark, kind: DrawnKind, imageId: string, plane: Plane): Drawn {
  const { tool, ofTool } = KINDS[kind]
  const corners = { topLeft: NOWHERE, topRight: NOWHERE, bottomLeft: NOWHERE, bottomRight: NOWHERE }
  return {
    annotationUID: mark.id,
    highlighted: false,
    invalidated: true,
    isLocked: false,
    isVisible: true,
    metadata: { toolName: tool, referencedImageId: imageId, FrameOfReferenceUID: frameOfReference(imageId) },
    data: {
      label: mark.text,
      cachedStats: {},
      handles: {
        points: ofTool(mark.points).map((point) => pointOf(plane, point)),
        activeHandleIndex: null,
        textBox: { hasMoved: false, worldPosition: [0, 0, 0], worldBoundingBox: corners },
      },
    },
  }
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

/** Takes what is drawn in these pictures out of memory, and says nothing of it. */
export function dropMarks(imageIds: ReadonlySet<string>): void {
  withoutTelling(() => {
    for (const { annotationUID } of drawnIn(imageIds))
      if (annotationUID) tools.annotation.state.removeAnnotation(annotationUID)
  })
}

/** What was removed last, to be brought back. */
let removed: readonly Drawn[] = []

function remove(drawn: readonly Drawn[]): void {
  if (drawn.length === 0) return
  removed = drawn
  for (const { annotationUID } of drawn) if (annotationUID) tools.annotation.state.removeAnnotation(annotationUID)
}

const drawnIn = (imageIds: ReadonlySet<string>): readonly Drawn[] =>
  tools.annotation.state.getAllAnnotations().filter((drawn) => imageIds.has(imageIdOf(drawn)))

/** Removes what the person drew in these pictures. */
export const clearMarks = (imageIds: ReadonlySet<string>): void => remove(drawnIn(imageIds))

/** Removes what is selected in these pictures. */
export function removeSelected(imageIds: ReadonlySet<string>): void {
  const selected = new Set(tools.annotation.selection.getAnnotationsSelected())
  remove(drawnIn(imageIds).filter(({ annotationUID }) => annotationUID && selected.has(annotationUID)))
}

/** Brings back what was removed last, where it belongs into these pictures. */
export function bringBack(imageIds: ReadonlySet<string>): void {
  const back = removed.filter((drawn) => imageIds.has(imageIdOf(drawn)))
  removed = removed.filter((drawn) => !back.includes(drawn))
  for (const drawn of back) {
    tools.annotation.state.addAnnotation(drawn, frameOfReference(imageIdOf(drawn)))
    core.triggerEvent(core.eventTarget, Events.ANNOTATION_COMPLETED, { annotation: drawn })
  }
}

const imageIdOf = ({ metadata }: Drawn): string => metadata?.referencedImageId ?? ''

function markOf(drawn: Drawn): Mark | undefined {
  const { annotationUID, metadata, data } = drawn
  const imageId = imageIdOf(drawn)
  const place = placeOf(imageId)
  const kind = kindOf(metadata?.toolName ?? '')
  const points = kind ? pointsOf(kind, data, imageId) : []
  if (!annotationUID || !kind || !place || points.length !== KINDS[kind].points) return undefined
  const calibration = calibrationOf(kind, data, imageId)
  return {
    id: annotationUID,
    kind,
    ...place,
    points,
    values: measurementsOf(kind, data, imageId),
    ...(calibration && { calibration }),
    text: data.label ?? '',
  }
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
