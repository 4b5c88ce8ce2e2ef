import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Problem, Unreachable } from '../src/api/problem'
import { Settings, type KeptSetting, type SettingName, type Value } from '../src/keeping/settings'
import { storageOf } from './browser'

/** What the server does (reading/register/personal_settings.py). */
class Server {
  readonly kept: Partial<Record<SettingName, KeptSetting>> = {}
  down = false
  /** What is asked for comes as it was when it was asked for, when somebody lets it. */
  private readonly held: (() => void)[] = []
  slow = false

  letThrough(): void {
    for (const answer of this.held.splice(0)) answer()
  }

  settings(): Promise<Partial<Record<SettingName, KeptSetting>>> {
    if (this.down) return Promise.reject(new Unreachable('no line'))
    const kept = { ...this.kept }
    return this.slow ? new Promise((resolve) => this.held.push(() => resolve(kept))) : Promise.resolve(kept)
  }

  keepSetting(name: SettingName, value: Value, revision: number): Promise<KeptSetting> {
    if (this.down) return Promise.reject(new Unreachable('no line'))
    if ((this.kept[name]?.revision ?? 0) !== revision) return Promise.reject(new Problem(409, 'stale', {}))
    if ('refused' in value) return Promise.reject(new Problem(422, 'invalid', {}))
    return Promise.resolve((this.kept[name] = { value, revision: revision + 1 }))
  }
}

describe('what a person set for themselves', () => {
  let server: Server
  let refusals: Problem[]
  const machine = (store = new Map<string, string>()) => {
    vi.stubGlobal('localStorage', storageOf(store))
    return { store, settings: new Settings(server, 'ada', (problem) => refusals.push(problem)) }
  }
  beforeEach(() => {
    vi.useFakeTimers()
    server = new Server()
    refusals = []
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  test('is there at another machine', async () => {
    const first = machine()
    await first.settings.learn()
    first.settings.change('grids', { CT: '1x2' })
    first.settings.change('grids', { CT: '2x2' })
    await vi.runAllTimersAsync()
    const second = machine()
    await second.settings.learn()

    expect(server.kept.grids).toEqual({ value: { CT: '2x2' }, revision: 1 })
    expect(second.settings.of('grids')).toEqual({ CT: '2x2' })
    expect(second.settings.of('worklist')).toEqual({})
  })

  test('stands in the browser without a line, also on a page that is loaded anew, and goes to the server with the line', async () => {
    server.kept.grids = { value: { CT: '1x1' }, revision: 4 }
    const { store, settings } = machine()
    await settings.learn()
    server.down = true
    settings.change('grids', { CT: '3x3' })
    await vi.runAllTimersAsync()
    const again = machine(store).settings
    server.down = false
    await again.learn()

    expect(again.of('grids')).toEqual({ CT: '3x3' })
    expect(server.kept.grids).toEqual({ value: { CT: '3x3' }, revision: 5 })
  })

  test('that this browser alone has goes to the server', async () => {
    const { settings } = machine(new Map([['tierread.grids.ada', '{"MR":"2x2"}']]))
    await settings.learn()

    expect(server.kept.grids?.value).toEqual({ MR: '2x2' })
  })

  test('goes on top of what another machine set at the same moment', async () => {
    const { settings } = machine()
    await settings.learn()
    const keep = server.keepSetting.bind(server)
    vi.spyOn(server, 'keepSetting').mockImplementationOnce((name, value, revision) => {
      server.kept.grids = { value: { CT: '1x1' }, revision: 1 }
      return keep(name, value, revision)
    })
    settings.change('grids', { CT: '4x4' })
    await vi.runAllTimersAsync()

    expect(server.kept.grids).toEqual({ value: { CT: '4x4' }, revision: 2 })
    expect(refusals).toEqual([])
  })

  test('that is changed before the settings of the server come leaves the other parts as they are there', async () => {
    server.kept.grids = { value: { CT: '1x2', MR: '2x2' }, revision: 7 }
    server.slow = true
    const { settings } = machine(new Map([['tierread.grids.ada', '{"CT":"1x1","DX":"1x1"}']]))
    const told: unknown[] = []
    settings.watch(() => told.push(settings.of('grids')), new AbortController().signal)
    void settings.learn()
    settings.change('grids', { US: '3x3', DX: undefined })
    expect(settings.of('grids')).toEqual({ CT: '1x1', US: '3x3' })
    await vi.advanceTimersByTimeAsync(5_000)
    server.slow = false
    server.letThrough()
    await vi.runAllTimersAsync()

    expect(settings.of('grids')).toEqual({ CT: '1x2', MR: '2x2', US: '3x3' })
    expect(server.kept.grids.value).toEqual({ CT: '1x2', MR: '2x2', US: '3x3' })
    expect(told.at(-1)).toEqual(settings.of('grids'))
    expect(refusals).toEqual([])
  })

  test('stays when an answer comes that was given before it went there', async () => {
    server.kept.grids = { value: { CT: '1x1' }, revision: 1 }
    const { settings } = machine()
    server.slow = true
    void settings.learn()
    server.slow = false
    settings.change('grids', { CT: '2x2' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(server.kept.grids).toEqual({ value: { CT: '2x2' }, revision: 2 })
    server.letThrough()
    await vi.runAllTimersAsync()

    expect(settings.of('grids')).toEqual({ CT: '2x2' })
    expect(server.kept.grids.revision).toBe(2)
  })

  test('that was taken away is gone everywhere', async () => {
    server.kept.grids = { value: { CT: '1x1', MR: '2x2' }, revision: 1 }
    const { settings } = machine()
    await settings.learn()
    settings.change('grids', { CT: undefined })
    await vi.runAllTimersAsync()

    expect(server.kept.grids).toEqual({ value: { MR: '2x2' }, revision: 2 })
  })

  test('is told where the server does not take it', async () => {
    const { settings } = machine()
    await settings.learn()
    settings.change('grids', { refused: true })
    await vi.runAllTimersAsync()

    expect(refusals.map(({ slug }) => slug)).toEqual(['invalid'])
  })

  test('that the server refuses goes, is told once, and keeps no other setting back', async () => {
    server.kept.grids = { value: { CT: '1x1' }, revision: 3 }
    const { store, settings } = machine()
    await settings.learn()
    settings.change('grids', { refused: true })
    settings.change('desk', { text_px: 17 })
    await vi.runAllTimersAsync()
    const again = machine(store).settings
    await again.learn()

    expect(server.kept.desk?.value).toEqual({ text_px: 17 })
    expect(again.of('grids')).toEqual({ CT: '1x1' })
    expect(refusals).toHaveLength(1)
  })

  test('waits for its turn where two machines said it at one moment, and the others go', async () => {
    const { settings } = machine()
    await settings.learn()
    vi.spyOn(server, 'keepSetting').mockImplementationOnce(() => Promise.reject(new Problem(409, 'stale', {})))
    settings.change('grids', { CT: '4x4' })
    settings.change('keys', { save: 'Ctrl B' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(server.kept).toEqual({ keys: { value: { save: 'Ctrl B' }, revision: 1 } })
    await vi.runAllTimersAsync()

    expect(server.kept.grids?.value).toEqual({ CT: '4x4' })
    expect(refusals).toEqual([])
  })
})
