import { afterEach, describe, expect, test, vi } from 'vitest'
import { Linked, type Wall } from '../src/beside/linked'
import type { OfBoth } from '../src/beside/messages'
import type { DataSet } from '../src/images/dicom-json'
import type { Window } from '../src/images/window-level'

afterEach(() => vi.unstubAllGlobals())

/** An axial slice at so many mm. */
const slice = (z: number, space: string): { metadata: DataSet } => ({
  metadata: {
    '00200052': { vr: 'UI', Value: [space] },
    '00200032': { vr: 'DS', Value: [0, 0, z] },
    '00200037': { vr: 'DS', Value: [1, 0, 0, 0, 1, 0] },
  } as unknown as DataSet,
})

const stackOf = (space: string, step_mm: number) => Array.from({ length: 40 }, (_, at) => slice(at * step_mm, space))

/** A window with one stack; `deliver` brings what it says to the other one. */
class Seat {
  readonly said: OfBoth[] = []
  readonly linked: Linked
  index = 0
  window: Window | null = { center: 40, width: 400 }
  quality: 'none' | 'full' = 'full'
  private readonly page = new EventTarget()
  private pictures: readonly { metadata: DataSet }[]

  constructor(
    space: string,
    step_mm: number,
    private readonly deliver: (said: OfBoth) => void,
  ) {
    this.pictures = stackOf(space, step_mm)
    this.linked = new Linked(
      () => this.wall as unknown as Wall,
      (said) => {
        this.said.push(said)
        this.deliver(said)
      },
    )
    vi.stubGlobal('document', this.page)
    this.linked.start(new AbortController().signal)
  }

  private get wall() {
    const { index, pictures, quality, window } = this
    const stack = {
      look: { window },
      goTo: (to: number) => to !== this.index && this.go(to),
      setWindow: (one: Window) => this.set(one),
    }
    const cell = { pictures, picture: pictures[index], series: { modality: 'CT' }, stack, view: { index, quality } }
    return { cell, cells: [cell], links: { places: true, windows: true } }
  }

  /** As Cornerstone does: the number first, then the picture, each with a word. */
  go(to: number): void {
    this.index = to
    this.linked.viewed()
    this.linked.viewed()
  }

  hang(space: string, step_mm: number): void {
    this.pictures = stackOf(space, step_mm)
    this.go(0)
  }

  set(window: Window): void {
    this.window = window
    this.linked.viewed()
  }

  hand(act: () => void): void {
    this.page.dispatchEvent(new Event('keydown'))
    act()
  }
}

/** Two of them; slices of one lie twice as far apart as those of the other. */
function pair(spaces: readonly [string, string] = ['1.2', '1.2']): readonly [Seat, Seat] {
  const seats: Seat[] = []
  const [here, there] = [
    new Seat(spaces[0], 5, (said) => seats[1]?.linked.follow(said)),
    new Seat(spaces[1], 2.5, (said) => seats[0]?.linked.follow(said)),
  ]
  seats.push(here, there)
  here.linked.viewed()
  there.linked.viewed()
  return [here, there]
}

describe('two linked windows', () => {
  test('say one word of each move of a hand, and the one that follows says none', () => {
    const [here, there] = pair()
    here.hand(() => here.go(3))
    expect([here.said.length, there.said.length, there.index]).toEqual([1, 0, 6])
    there.hand(() => there.go(9)) // between two slices of the other one: it goes to the nearest, and not on from there
    expect([here.said.length, there.said.length]).toEqual([1, 1])
    expect([4, 5]).toContain(here.index)
    expect(there.index).toBe(9)
    here.hand(() => here.set({ center: -600, width: 1500 }))

    expect(there.window).toEqual({ center: -600, width: 1500 })
    expect([here.said.length, there.said.length]).toEqual([2, 1])
  })

  test('come to rest though both are moved at once', () => {
    const waiting: (() => void)[] = []
    const seats: Seat[] = []
    const later = (to: number) => (said: OfBoth) => void waiting.push(() => seats[to]?.linked.follow(said))
    seats.push(new Seat('1.2', 5, later(1)), new Seat('1.2', 5, later(0)))
    for (const seat of seats) seat.linked.viewed()
    seats[0]?.hand(() => seats[0]?.go(3))
    seats[1]?.hand(() => seats[1]?.go(8))
    for (let turn = 0; turn < 50 && waiting.length > 0; turn++) waiting.shift()?.()

    expect(waiting).toEqual([])
    expect(seats.map(({ said }) => said.length)).toEqual([1, 1])
  })

  test('never go back to where the other one stood before the last hand', () => {
    const [here, there] = pair(['1.2', '1.3'])
    there.hand(() => there.go(20)) // of another space: nowhere to go
    here.hand(() => here.hang('1.3', 2.5))
    here.hand(() => here.go(7))
    there.hand(() => there.set({ center: 0, width: 80 }))

    expect([here.index, here.window]).toEqual([7, { center: 0, width: 80 }])
  })
})
