import { describe, expect, test } from 'vitest'
import { TAG } from '../src/images/dicom-json'
import type { Picture } from '../src/images/pictures'
import { standingTimes } from '../src/images/tools/frame-times'
import { of } from './data-sets'

const film = (frames: number, values: Readonly<Record<string, readonly unknown[]>>): readonly Picture[] =>
  Array.from({ length: frames }, (_, index) => ({
    ...{ imageId: `${index}`, instanceUid: '1', frame: index + 1, content: '', digest: '', privateClass: '' },
    metadata: of(values),
  }))

describe('each picture of a film stands', () => {
  test.each([
    ['the time between frames', { [TAG.FrameTime]: [40] }, [40, 40, 40]],
    ['as the device wants it shown', { [TAG.FrameTime]: [40], [TAG.RecommendedDisplayFrameRate]: [20] }, [50, 50, 50]],
    ['as it was recorded', { [TAG.CineRate]: [8] }, [125, 125, 125]],
    [
      'until the next frame, by a vector, the last as long as the mean',
      { [TAG.FrameTimeVector]: [0, 30, 50] },
      [30, 50, 40],
    ],
    [
      'by what the device points to',
      { [TAG.FrameTimeVector]: [0, 30, 50], [TAG.FrameIncrementPointer]: ['00181063'], [TAG.FrameTime]: [20] },
      [20, 20, 20],
    ],
    ['a tenth of a second where nothing is said, or 0', { [TAG.FrameTime]: [0] }, [100, 100, 100]],
    [
      'never so short or so long that nobody sees a film',
      { [TAG.FrameTimeVector]: [0, 1, 60_000] },
      [10, 5_000, 5_000],
    ],
  ])('%s', (_, values, expected) => {
    expect(standingTimes(film(3, values as never))).toEqual(expected)
  })
})
