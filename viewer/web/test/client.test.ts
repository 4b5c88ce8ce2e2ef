import { describe, expect, test } from 'vitest'
import { Client } from '../src/api/client'
import { Problem, Unreachable } from '../src/api/problem'

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const problem = (status: number, slug: string, fields: object = {}) =>
  new Response(JSON.stringify({ type: `/problems/${slug}`, title: slug, status, ...fields }), {
    status,
    headers: { 'Content-Type': 'application/problem+json' },
  })

/** A client whose requests get these answers in turn. */
function clientOf(...answers: (() => Response)[]) {
  const requests: { path: string; init: RequestInit }[] = []
  let signedOut = 0
  const client = new Client(
    async (path, init = {}) => {
      requests.push({ path, init })
      const answer = answers.shift()
      if (!answer) throw new TypeError('the line is down')
      return answer()
    },
    () => signedOut++,
  )
  const token = (index: number) => (requests[index]?.init.headers as Record<string, string>)['X-CSRF-Token']
  return { client, requests, token, signedOut: () => signedOut }
}

const ADA = { csrf_token: 'new', person: { id: 'ada' } }

describe('the client', () => {
  test('sends the token with what changes something, and with nothing else', async () => {
    const { client, token } = clientOf(
      () => json({}),
      () => new Response(null, { status: 204 }),
    )
    client.csrfToken = 'abc'
    await client.get('/api/cases')
    const answer = await client.send('POST', '/api/cases/claim', {})

    expect([token(0), token(1)]).toEqual([undefined, 'abc'])
    expect(answer).toBeUndefined()
  })

  test('reads a refusal as a problem with its fields', async () => {
    const { client } = clientOf(() => problem(422, 'invalid', { field: 'impression', problem: 'empty' }))

    const error = await client.send('POST', '/x', {}).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Problem)
    expect(error).toMatchObject({ status: 422, slug: 'invalid' })
    expect((error as Problem).field('field')).toBe('impression')
    expect((error as Problem).field('unknown')).toBe('')
  })

  test.each([
    [401, 'signed-out'],
    [404, 'not-there'],
    [422, 'invalid'],
    [502, 'other'],
  ])('tells a bare %d apart by its status: %s', async (status, slug) => {
    const { client } = clientOf(() => new Response('<html>', { status }))

    await expect(client.get('/x')).rejects.toMatchObject({ status, slug })
  })

  test('takes a problem that it does not know for what its status says', async () => {
    const { client } = clientOf(() => problem(404, 'something-new'))

    await expect(client.get('/x')).rejects.toMatchObject({ slug: 'not-there' })
  })

  test('says when the session is over', async () => {
    const { client, signedOut } = clientOf(() => problem(401, 'signed-out'))

    await expect(client.get('/x')).rejects.toMatchObject({ slug: 'signed-out' })
    expect(signedOut()).toBe(1)
  })

  test('fetches a new token and tries once more after somebody signed in anew', async () => {
    const { client, requests, token } = clientOf(
      () => problem(403, 'csrf'),
      () => json(ADA),
      () => json({ done: true }),
    )
    client.csrfToken = 'old'
    client.personId = 'ada'

    await expect(client.send('POST', '/x', { a: 1 })).resolves.toEqual({ done: true })
    expect(requests.map(({ path }) => path)).toEqual(['/x', '/api/session', '/x'])
    expect(token(2)).toBe('new')
  })

  test('does nothing in the name of somebody else who signed in on another tab', async () => {
    const { client, requests } = clientOf(
      () => problem(403, 'csrf'),
      () => json({ ...ADA, person: { id: 'ben' } }),
    )
    client.personId = 'ada'

    await expect(client.send('POST', '/x', {})).rejects.toMatchObject({ slug: 'signed-out' })
    expect(requests).toHaveLength(2)
  })

  test('does not try for ever', async () => {
    const { client } = clientOf(
      () => problem(403, 'csrf'),
      () => json(ADA),
      () => problem(403, 'csrf'),
    )
    client.personId = 'ada'

    await expect(client.send('POST', '/x', {})).rejects.toMatchObject({ slug: 'csrf' })
  })

  test('tells a line that is down from a refusal', async () => {
    await expect(clientOf().client.get('/x')).rejects.toBeInstanceOf(Unreachable)
  })

  test('reads DICOM JSON, and none from an empty answer', async () => {
    const { client } = clientOf(
      () => json([{}]),
      () => new Response(null, { status: 204 }),
    )

    expect(await client.dataSets('/dicomweb/studies')).toHaveLength(1)
    expect(await client.dataSets('/dicomweb/studies')).toEqual([])
  })
})
