/** The marks of a report, measurements and key images: which are the same, what a change makes of them, what differs. */
import type { Mark, MarkChange } from '../api/marks'

/** The server takes no more. */
export const MOST_MARKS = 200

/** As bytes, whatever the order of their members. */
const written = ({
  id,
  kind,
  study_uid,
  series_uid,
  instance_uid,
  frame,
  points,
  values,
  calibration,
  text,
}: Mark): string =>
  JSON.stringify([
    id,
    kind,
    study_uid,
    series_uid,
    instance_uid,
    frame,
    points,
    values.map(sayingOf),
    calibration,
    text,
  ])

const sayingOf = ({ name, value, unit }: Mark['values'][number]): readonly unknown[] => [name, value, unit]

export const sameMark = (a: Mark, b: Mark): boolean => written(a) === written(b)

export const sameMarks = (a: readonly Mark[], b: readonly Mark[]): boolean =>
  a.map(written).join() === b.map(written).join()

/** The marks after the person drew: new ones stand at the end. */
export function afterChange(marks: readonly Mark[], { changed, removed }: MarkChange): readonly Mark[] {
  const left = marks.filter(({ id }) => !removed.includes(id))
  const newest = new Map(changed.map((mark) => [mark.id, mark]))
  const kept = left.map((mark) => newest.get(mark.id) ?? mark)
  return [...kept, ...changed.filter(({ id }) => left.every((mark) => mark.id !== id))]
}

/** Marks a picture as a key image, or takes that back. */
export function withKey(
  marks: readonly Mark[],
  picture: Omit<Mark, 'id' | 'kind' | 'points' | 'values' | 'text'>,
): readonly Mark[] {
  const there = marks.find(({ kind, ...mark }) => kind === 'key' && isOf(mark, picture))
  if (there) return marks.filter((mark) => mark !== there)
  const key: Mark = { id: crypto.randomUUID(), kind: 'key', ...picture, points: [], values: [], text: '' }
  return [...marks, key]
}

type Picture = Pick<Mark, 'instance_uid' | 'frame'>
const isOf = (a: Picture, b: Picture): boolean => a.instance_uid === b.instance_uid && a.frame === b.frame

/** What of the marks went, came and became another. */
export type MarksDifference = {
  readonly removed: readonly Mark[]
  readonly added: readonly Mark[]
  readonly changed: readonly { readonly before: Mark; readonly after: Mark }[]
}

export function marksDifference(before: readonly Mark[], after: readonly Mark[]): MarksDifference {
  const old = byId(before)
  const now = byId(after)
  return {
    removed: before.filter(({ id }) => !now.has(id)),
    added: after.filter(({ id }) => !old.has(id)),
    changed: before.flatMap((mark) => {
      const other = now.get(mark.id)
      return other && !sameMark(mark, other) ? [{ before: mark, after: other }] : []
    }),
  }
}

const byId = (marks: readonly Mark[]): ReadonlyMap<string, Mark> => new Map(marks.map((mark) => [mark.id, mark]))
