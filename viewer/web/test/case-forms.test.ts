import { IDBFactory } from 'fake-indexeddb'
import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Client } from '../src/api/client'
import { Office } from '../src/api/office'
import type { Step } from '../src/api/case'
import type { CaseDetail } from '../src/api/case-detail'
import type { Content, ReportVersion } from '../src/api/report'
import { CaseForms } from '../src/desk/case-forms'
import { EMPTY } from '../src/desk/content'
import { NOT_JUDGED } from '../src/desk/judgement'
import { Shelf } from '../src/keeping/shelf'
import { Locks, written } from './browser'

let locks: Locks
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  globalThis.indexedDB = new IDBFactory()
  locks = new Locks()
})
afterEach(() => void vi.useRealTimers())

const saying = (findings: string): Content => ({ ...EMPTY, findings })
const FINAL = { number: 2, status: 'final', content: saying('双肺清晰') } as ReportVersion

const caseOf = (changes: Partial<CaseDetail> = {}) =>
  ({ lease: null, draft: null, versions: [], allowed: [], ...changes }) as unknown as CaseDetail

/** A page at one case, on a server that takes every draft and finds nothing to doubt. */
function page() {
  const { locks: own, kill } = locks.ofPage()
  const heard: string[] = []
  const saved: Content[] = []
  const office = new Office(
    new Client(
      async () => new Response('{"findings": []}'),
      () => undefined,
    ),
  )
  const forms = new CaseForms(office, new Shelf('ada', own), 'C1', {
    onChange: () => undefined,
    onWrote: () => heard.push('wrote'),
    onRefused: ({ slug }) => heard.push(slug),
    onRestored: () => heard.push('restored'),
  })
  const hold = (step: Step, detail = caseOf()): void =>
    forms.hold(detail, step, {
      save: async (content) => ({ revision: saved.push(content), saved_at: '2026-11-21T08:00:00Z' }),
      look: async () => null,
    })
  return { forms, heard, saved, hold, kill }
}

/** A page that was killed before the server had what was written there. */
async function left(write: (forms: CaseForms, hold: (step: Step) => void) => void): Promise<void> {
  const { forms, hold, kill } = page()
  write(forms, hold)
  await written()
  kill()
  forms.close()
}

describe('the form of a step', () => {
  test('goes on while the case is held for that step, and stays when it is held no longer', async () => {
    const { forms, hold, saved } = page()
    hold('read')
    forms.edit(saying('左肺结节'))
    forms.letGo()

    expect([forms.step, forms.report?.words.findings, forms.unsent]).toEqual(['read', '左肺结节', true])
    hold('read')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(saved).toEqual([saying('左肺结节')])
    expect(forms.unsent).toBe(false)
  })

  test('is another one for another step, and a reviewer judges beside it', () => {
    const { forms, hold } = page()
    hold('read')
    forms.judge({ ...NOT_JUDGED, score: '1' })
    expect(forms.judgement).toEqual(NOT_JUDGED)

    hold('review', caseOf({ versions: [FINAL] }))
    forms.judge({ ...NOT_JUDGED, score: '1' })
    expect([forms.step, forms.report?.words, forms.judgement.score]).toEqual(['review', FINAL.content, '1'])
  })

  test('tells that somebody wrote, which keeps the case in their hands', () => {
    const { forms, hold, heard } = page()
    hold('read')
    forms.edit(saying('左肺结节'))

    expect(heard).toEqual(['wrote'])
  })
})

describe('an addendum', () => {
  test('begins with the report as it stands, and belongs to no step', () => {
    const { forms } = page()
    forms.beginAddendum(FINAL)

    expect([forms.adding, forms.step, forms.report?.words]).toEqual([true, undefined, FINAL.content])
    expect(forms.saving?.onServer).toBe(false)
    forms.discardApart()
    expect([forms.adding, forms.report]).toEqual([false, undefined])
  })

  test('asks when the report became another one meanwhile', () => {
    const { forms } = page()
    forms.beginAddendum(FINAL)
    forms.edit(saying('双肺清晰。另见钙化'))
    forms.meetVersion({ ...FINAL, number: 3, content: saying('更正') })

    expect(forms.report?.other?.words).toEqual(saying('更正'))
  })
})

describe('what another page left', () => {
  test('stands in the form of its step again', async () => {
    await left((forms, hold) => {
      hold('read')
      forms.edit(saying('左肺结节'))
    })
    const { forms, hold, heard } = page()
    hold('read')
    await forms.recall(caseOf())

    expect(forms.report?.words).toEqual(saying('左肺结节'))
    expect(heard).toContain('restored')
    expect(forms.left).toEqual([])
  })

  test('is to be read, and discarded, where the case has no such form', async () => {
    await left((forms, hold) => {
      hold('read')
      forms.edit(saying('左肺结节'))
    })
    const { forms } = page()
    await forms.recall(caseOf())

    const [copy] = forms.left
    expect(copy).toMatchObject({ form: 'report/read', words: saying('左肺结节') })
    if (copy) await forms.discardLeft(copy)
    await forms.recall(caseOf())
    expect(forms.left).toEqual([])
  })

  test('is nobody’s loss when it was signed: the answer had been lost on the way', async () => {
    await left((forms, hold) => {
      hold('read')
      forms.edit(FINAL.content)
    })
    const { forms } = page()
    await forms.recall(caseOf({ versions: [{ ...FINAL, status: 'superseded' }] }))

    expect(forms.left).toEqual([])
    await forms.recall(caseOf())
    expect(forms.left).toEqual([])
  })

  test('opens the addendum that it was written for, where one may be made', async () => {
    await left((forms) => {
      forms.beginAddendum(FINAL)
      forms.edit(saying('另见钙化'))
    })
    const { forms } = page()
    await forms.recall(caseOf({ versions: [FINAL], allowed: ['addendum'] }))

    expect([forms.adding, forms.report?.words]).toEqual([true, saying('另见钙化')])
  })

  test('of a dialog is in that dialog again until it was told', async () => {
    const { forms, kill } = page()
    const before = await forms.wordsFor('return')
    before.edit({ why: '体位不正' })
    await written()
    kill()
    forms.close()
    const second = page()
    const keeper = await second.forms.wordsFor('return')

    expect(keeper.state.words).toEqual({ why: '体位不正' })
    expect(second.heard).toEqual([])
    second.forms.told('return')
    await written()
    expect((await second.forms.wordsFor('return')).state.words).toEqual({})
  })
})

test('what was sent leaves nothing behind, and what was not stays in the browser', async () => {
  const sent = page()
  sent.hold('read')
  sent.forms.edit(saying('左肺结节'))
  await written()
  sent.forms.sent()
  sent.forms.close()
  await left((forms, hold) => {
    hold('verify')
    forms.edit(saying('右肺结节'))
  })
  sent.kill()
  const { forms } = page()
  await forms.recall(caseOf())

  expect(forms.unsent).toBe(false)
  expect(forms.left.map(({ words }) => words)).toEqual([saying('右肺结节')])
})
