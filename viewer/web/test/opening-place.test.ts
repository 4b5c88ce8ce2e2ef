import { describe, expect, it } from 'vitest'
import { TAG } from '../src/images/dicom-json'
import { firstUnseen, openingPlace } from '../src/images/layout/opening-place'
import type { Picture } from '../src/images/pictures'
import type { Series } from '../src/images/series'
import { ShownSeries } from '../src/images/shown-series'
import { of } from './data-sets'

const series = { seriesUid: '1.1', modality: 'CT' } as Series
const stackOf = (n: number): readonly Picture[] =>
  Array.from(
    { length: n },
    (_, index) => ({ imageId: `i${index}`, instanceUid: `1.1.${index}`, frame: 1, metadata: {} }) as Picture,
  )

function shownOf(pictures: readonly Picture[], seen: readonly number[]): ShownSeries {
  const shown = new ShownSeries()
  shown.expect('1.1', pictures.length)
  for (const index of seen) shown.displayed('1.1', `i${index}`)
  return shown
}

describe('a series opens', () => {
  it.each([
    ['a few', 3, [], false, 0],
    ['many, none seen', 40, [], false, 20],
    ['many, some seen', 40, [0, 1, 2], false, 3],
    ['all of them seen', 3, [0, 1, 2], false, 0],
    ['what is made of few', 6, [], true, 3],
  ] as const)('with %s at the right picture', (_name, n, seen, isMade, place) => {
    const pictures = stackOf(n)

    expect(openingPlace(pictures, { series }, { shown: shownOf(pictures, seen), isMade })).toBe(place)
  })

  it.each(['US', 'XA', 'NM'])('of %s at the beginning of a loop, and in the middle of slices', (modality) => {
    const loop = stackOf(40)
    const slices = loop.map((picture, at) => ({
      ...picture,
      metadata: of({ [TAG.ImagePositionPatient]: [0, 0, at], [TAG.ImageOrientationPatient]: [1, 0, 0, 0, 1, 0] }),
    }))
    const placeOf = (pictures: readonly Picture[]): number =>
      openingPlace(pictures, { series: { ...series, modality } }, { shown: undefined, isMade: false })

    expect([placeOf(loop), placeOf(slices)]).toEqual([0, 20])
  })

  it('where it was asked to, and at the index where the picture is not among these', () => {
    const pictures = stackOf(3)
    const how = { shown: undefined, isMade: false }

    expect(openingPlace(pictures, { series, at: { instance_uid: '1.1.2', frame: 1 }, index: 1 }, how)).toBe(2)
    expect(openingPlace(pictures, { series, at: { instance_uid: '1.1.9', frame: 1 }, index: 1 }, how)).toBe(1)
  })

  it('and goes on to the next unseen picture, round the end', () => {
    const pictures = stackOf(4)

    expect(firstUnseen(pictures, '1.1', shownOf(pictures, [1]), 1)).toBe(2)
    expect(firstUnseen(pictures, '1.1', shownOf(pictures, [1, 2, 3]), 1)).toBe(0)
    expect(firstUnseen(pictures, '1.1', shownOf(pictures, [0, 1, 2, 3]))).toBe(-1)
  })
})
