import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TAG } from '../src/images/dicom-json'
import { Film, type Screen } from '../src/images/tools/film'
import { of } from './data-sets'

const TIMES = of({ [TAG.FrameTimeVector]: [0, 100, 300] })

/** A cell with three pictures, which stand 100, 300 and 200 ms. */
class Viewport {
  content = {} as Screen['content']
  readonly pictures = [1, 2, 3].map((frame) => ({ frame, metadata: TIMES })) as unknown as Screen['pictures']
  view = { index: 0, quality: 'full' } as Screen['view']
  /** Pictures that the line has not brought. */
  missing: readonly number[] = []
  readonly stack = {
    goTo: (index: number): void => {
      if (!this.missing.includes(index)) this.view = { ...this.view, index }
    },
  }
}

describe('a film', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  let cell = new Viewport()
  let active: Viewport | undefined
  let film: Film
  const after = (milliseconds: number): number => {
    vi.advanceTimersByTime(milliseconds)
    return cell.view.index
  }
  beforeEach(() => {
    cell = new Viewport()
    active = cell
    film = new Film(
      () => active,
      () => undefined,
    )
    film.toggle()
  })

  test('shows each picture for its time, and begins anew behind the last', () => {
    expect([after(99), after(1), after(299), after(1), after(199), after(1)]).toEqual([0, 1, 1, 2, 2, 0])
    film.toggle()
    expect([after(1_000), film.runs]).toEqual([0, false])
  })

  test('waits for a picture that has not come, which then stands', () => {
    cell.missing = [1]
    expect(after(1_000)).toBe(0)
    cell.missing = []
    cell.stack.goTo(1)
    expect([film.runs, after(299), after(11)]).toEqual([true, 1, 2])
  })

  test.each([
    ['goes to another picture', () => cell.stack.goTo(2)],
    ['opens another series', () => void (cell.content = {} as Screen['content'])],
    ['goes to another cell', () => void (active = new Viewport())],
    ['leaves the case', () => void (active = undefined)],
  ])('ends where somebody %s', (_, does) => {
    does()
    const { index } = cell.view
    expect([after(2_000), film.runs]).toEqual([index, false])
  })
})
