import { expect, test } from 'vitest'
import { Client } from '../src/api/client'
import { Office, type CaseSearch } from '../src/api/office'

/** An office whose requests all get this answer, and what was asked. */
function officeOf(tag: string) {
  const asked: { path: string; method: string; body: unknown }[] = []
  const client = new Client(
    async (path, init = {}) => {
      asked.push({ path, method: init.method ?? '', body: typeof init.body === 'string' ? JSON.parse(init.body) : '' })
      return new Response(JSON.stringify({ items: [] }), { headers: { ETag: tag } })
    },
    () => undefined,
  )
  return { office: new Office(client), asked }
}

const LIST: CaseSearch = { q: '', state: 'waiting_read', site: '', page: 1, counts: ['read', 'all'] }

test('whom somebody seeks stands in the body and in no address', async () => {
  const { office, asked } = officeOf('"1"')
  await office.casesUnlessKnown({ ...LIST, q: '王小丽' }, '')
  await office.casesUnlessKnown(LIST, '')

  expect(asked).toEqual([
    {
      path: '/api/cases/search',
      method: 'POST',
      body: { q: '王小丽', state: 'waiting_read', page: 1, counts: ['read', 'all'] },
    },
    { path: '/api/cases?state=waiting_read&page=1&counts=read&counts=all', method: 'GET', body: '' },
  ])
})

test('a list that is the one with the known tag is nothing new', async () => {
  const { office } = officeOf('"1"')

  expect(await office.casesUnlessKnown({ ...LIST, q: '王' }, '"1"')).toBeUndefined()
  expect(await office.casesUnlessKnown({ ...LIST, q: '王' }, '"0"')).toMatchObject({ tag: '"1"' })
})
