import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from '../src/api/client'
import type { Foreseen } from '../src/api/worklist'
import { TAG, type DataSet } from '../src/images/dicom-json'
import { firstPictures, MOST_PICTURES, NextCase } from '../src/images/next-case'
import { deskLine, type Viewer } from '../src/images/retrieval/desk-line'
import { isCached } from '../src/images/retrieval/in-cache'
import { of } from './data-sets'
import { settled, stack } from './retrieval/stacks'

const NO_SETTINGS = { of: () => ({}), change: () => undefined, watch: () => undefined }
const MIB = 1024 * 1024

const seriesRow = (seriesUid: string, modality: string, description: string, instances: number): DataSet =>
  of({
    [TAG.SeriesInstanceUID]: [seriesUid],
    [TAG.Modality]: [modality],
    [TAG.SeriesDescription]: [description],
    [TAG.NumberOfSeriesRelatedInstances]: [instances],
  })

const slices = (seriesUid: string, count: number): readonly DataSet[] =>
  Array.from({ length: count }, (_, index) => ({
    ...of({
      [TAG.SOPInstanceUID]: [`${seriesUid}.${index + 1}`],
      [TAG.InstanceNumber]: [index + 1],
      [TAG.Rows]: [64],
      [TAG.PhotometricInterpretation]: ['MONOCHROME2'],
      [TAG.BitsAllocated]: [16],
      [TAG.SamplesPerPixel]: [1],
    }),
    [TAG.PixelData]: { vr: 'OW', BulkDataURI: `/bulk?digest=${String(index).padStart(64, 'a')}` },
  }))

/** The next case, with nothing before it. */
const alone = (study: string): Foreseen => ({ id: `case of ${study}`, studies: [study], earlier: [] })

/** The server: what is asked of it, and studies of two series of magnetic resonance each. */
class Server {
  readonly frames: string[] = []
  readonly said: string[] = []
  constructor(
    private readonly bytesOfFrame: number,
    private readonly many = 100,
  ) {}

  readonly fetch = (address: string, init: RequestInit = {}): Promise<Response> => {
    this.said.push(String((init.headers as Record<string, string>)['Purpose']))
    if (address.includes('/frames/')) {
      this.frames.push(/instances\/([\d.]+)/.exec(address)?.[1] ?? '')
      return Promise.resolve(new Response(new Uint8Array(this.bytesOfFrame)))
    }
    const study = /studies\/([\d.]+)/.exec(address)?.[1] ?? ''
    const series = /series\/([\d.]+)/.exec(address)?.[1]
    const rows = [seriesRow(`${study}.7`, 'MR', 'T1', this.many), seriesRow(`${study}.8`, 'MR', 'T2', this.many)]
    return Promise.resolve(Response.json(series ? slices(series, this.many) : rows))
  }
}

const present: Viewer = { pictures: stack('present', 2), index: 0, direction: 1, onFailed: () => undefined }
const there = new Set<string>()

/** A desk that stands at a case. */
function desk(server: Server, next: (Foreseen | undefined)[]) {
  const asked: number[] = []
  const nextCase = new NextCase({
    present: () => 'now',
    client: () => new Client(server.fetch, () => undefined),
    settings: () => NO_SETTINGS,
    narrow: () => false,
    foresee: () => Promise.resolve(next[Math.min(asked.push(Date.now()), next.length) - 1]),
  })
  const ended = new AbortController()
  nextCase.start(ended.signal)
  return { nextCase, asked, end: () => ended.abort() }
}

const allCame = async (): Promise<void> => {
  for (let turn = 0; turn < 300; turn++) await settled()
}

describe('the next case', () => {
  let ends: () => void = () => undefined

  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('document', { hidden: false })
    vi.stubGlobal('navigator', {})
    there.clear()
    deskLine.connect({
      budget: MIB,
      announce: () => undefined,
      isMissing: ({ imageId }) => !there.has(imageId),
      load: ({ imageId }) => Promise.resolve(there.add(imageId)),
      makeRoom: () => undefined,
      pause: () => Promise.resolve(),
    })
  })

  afterEach(() => {
    ends()
    deskLine.leave(present)
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  test('begins with what its cells begin with, and goes outwards, as far as the count goes', async () => {
    const client = new Client(new Server(1).fetch, () => undefined)
    const pictures = await firstPictures(client, NO_SETTINGS, alone('1.1'), false)

    const uids = pictures.map(({ instanceUid }) => instanceUid)
    expect(uids.slice(0, 4)).toEqual(['1.1.8.51', '1.1.7.51', '1.1.8.52', '1.1.8.53'])
    expect(uids).toHaveLength(MOST_PICTURES)
    expect(
      (await firstPictures(client, NO_SETTINGS, alone('1.1'), true)).slice(0, 2).map((one) => one.instanceUid),
    ).toEqual(['1.1.7.51', '1.1.7.52'])
  })

  test('brings the nearest earlier case behind it, within the same count', async () => {
    const studies = { id: 'next', studies: ['1.1'], earlier: ['1.2'] }
    const bring = async (many: number): Promise<readonly string[]> => {
      const client = new Client(new Server(1, many).fetch, () => undefined)
      const pictures = await firstPictures(client, NO_SETTINGS, studies, false)
      return pictures.map(({ instanceUid }) => instanceUid.slice(0, 3))
    }

    expect(await bring(2)).toEqual([...Array<string>(4).fill('1.1'), ...Array<string>(4).fill('1.2')])
    const much = await bring(40)
    expect(much.filter((study) => study === '1.1')).toHaveLength(80)
    expect(much).toHaveLength(MOST_PICTURES)
    expect(new Set(await bring(100))).toEqual(new Set(['1.1']))
  })

  test('comes once all of the present one is there, says what for, and stops at its bytes', async () => {
    const server = new Server(MIB)
    vi.stubGlobal('fetch', server.fetch)
    const { asked, end } = desk(server, [alone('1.1')])
    ends = end
    await allCame()
    expect(asked).toEqual([])
    deskLine.moved(present)
    await allCame()

    expect(there.size).toBe(2)
    expect(server.frames.slice(0, 2)).toEqual(['1.1.8.51', '1.1.7.51'])
    expect(server.frames).toHaveLength(65)
    expect(new Set(server.said)).toEqual(new Set(['prefetch']))
    const [first] = await firstPictures(new Client(server.fetch, () => undefined), NO_SETTINGS, alone('1.1'), false)
    expect(first && isCached(first)).toBe(true)
    await vi.advanceTimersByTimeAsync(180_000)
    expect(server.frames).toHaveLength(65)
  })

  test('is another one when somebody else was handed the first', async () => {
    const server = new Server(1)
    vi.stubGlobal('fetch', server.fetch)
    const first = alone('1.1')
    const { asked, end } = desk(server, [first, first, alone('1.2')])
    ends = end
    deskLine.moved(present)
    await allCame()
    await vi.advanceTimersByTimeAsync(60_000)
    await allCame()
    expect(server.frames).toHaveLength(MOST_PICTURES)
    await vi.advanceTimersByTimeAsync(60_000)
    await allCame()

    expect(asked).toHaveLength(3)
    expect(server.frames[MOST_PICTURES]).toBe('1.2.8.51')
  })

  test.each([
    ['the person saves data', () => vi.stubGlobal('navigator', { connection: { saveData: true } })],
    ['nobody looks at the page', () => vi.stubGlobal('document', { hidden: true })],
    ['the case is left', () => ends()],
  ])('is not asked for where %s', async (_, so) => {
    const server = new Server(1)
    vi.stubGlobal('fetch', server.fetch)
    const { asked, end } = desk(server, [alone('1.1')])
    ends = end
    so()
    deskLine.moved(present)
    await allCame()

    expect(asked).toEqual([])
    expect(server.frames).toEqual([])
  })

  test.each([
    ['the page is hidden', () => vi.stubGlobal('document', { hidden: true })],
    ['the person saves data', () => vi.stubGlobal('navigator', { connection: { saveData: true } })],
  ])('stops in the middle when %s, and goes on later with what has not come', async (_, so) => {
    const server = new Server(MIB)
    vi.stubGlobal('fetch', server.fetch)
    const { end } = desk(server, [alone('1.1')])
    ends = end
    deskLine.moved(present)
    for (let turn = 0; turn < 40 && server.frames.length < 3; turn++) await settled()
    so()
    await allCame()
    const before = server.frames.length
    vi.stubGlobal('document', { hidden: false })
    vi.stubGlobal('navigator', {})
    await vi.advanceTimersByTimeAsync(60_000)
    await allCame()

    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThanOrEqual(4)
    expect(server.frames).toHaveLength(65)
    expect(new Set(server.frames).size).toBe(65)
  })

  test('stops when the case is left in the middle of it', async () => {
    const server = new Server(1)
    vi.stubGlobal('fetch', server.fetch)
    const { nextCase, end } = desk(server, [alone('1.1')])
    ends = end
    deskLine.moved(present)
    for (let turn = 0; turn < 40 && server.frames.length < 3; turn++) await settled()
    nextCase.stop()
    const before = server.frames.length
    await allCame()

    expect(before).toBeGreaterThan(0)
    expect(server.frames.length).toBeLessThanOrEqual(before + 1)
  })
})
