import { expect, test } from 'vitest'
import type { CellContent } from '../src/images/layout/cell-content'
import { laidOut, ONE } from '../src/images/layout/grid'
import { showsPlanes } from '../src/images/layout/placing'
import type { Reformat } from '../src/images/reformat/plan'
import type { Series } from '../src/images/series'

const contentOf = (seriesUid: string, plane?: Reformat['plane']): CellContent => ({
  series: { seriesUid } as Series,
  ...(plane && { reformat: { plane, projection: 'none', thickness_mm: 10 } }),
})
const PAIR = { rows: 1, columns: 2 }

test.each([
  ['planes of one series', PAIR, [contentOf('1', 'axial'), contentOf('1', 'sagittal')], true],
  ['a plane of each of two series', PAIR, [contentOf('1', 'axial'), contentOf('2', 'axial')], false],
  ['pictures as they were taken', PAIR, [contentOf('1'), contentOf('1')], false],
  ['one plane alone', ONE, [contentOf('1', 'axial')], false],
] as const)('%s', (_name, grid, contents, planes) => {
  expect(showsPlanes(laidOut(grid, contents))).toBe(planes)
})
