/** The marks of a report, measurements and key images: which are the same. */
import type { Mark } from '../api/shapes'

/** As bytes, whatever the order of their members. */
const written = ({ id, kind, study_uid, series_uid, instance_uid, frame, points, values, text }: Mark): string =>
  JSON.stringify([id, kind, study_uid, series_uid, instance_uid, frame, points, values.map(sayingOf), text])

const sayingOf = ({ name, value, unit }: Mark['values'][number]): readonly unknown[] => [name, value, unit]

export const sameMark = (a: Mark, b: Mark): boolean => written(a) === written(b)

export const sameMarks = (a: readonly Mark[], b: readonly Mark[]): boolean =>
  a.map(written).join() === b.map(written).join()
