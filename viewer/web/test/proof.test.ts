import { describe, expect, test } from 'vitest'
import { Client } from '../src/api/client'
import { Office } from '../src/api/office'
import { answerOf, base64urlOf, bytesOf, requestOf } from '../src/api/passkeys'
import type { OpenProof } from '../src/api/session'
import { text } from '../src/language'
import { proofQuestion } from '../src/shell/proof'

const PASSKEY = {
  challenge: '-_8',
  rpId: 'oak.example',
  allowCredentials: [{ id: 'AQID', type: 'public-key' as const }],
}
const BY_PASSWORD: OpenProof = { by: 'password', factors: [], passkey: null }
const BY_CODE: OpenProof = { by: 'factor', factors: ['totp'], passkey: null }
const BY_EITHER: OpenProof = { by: 'factor', factors: ['passkey', 'totp'], passkey: PASSKEY }

/** An office whose server refuses with this problem, or takes what it is shown. */
function officeOf(slug?: string, status = 401, fields: object = {}) {
  const sent: unknown[] = []
  const client = new Client(
    async (_path, init = {}) => {
      sent.push(JSON.parse(String(init.body)))
      if (!slug) return new Response(JSON.stringify({ proved_at: '' }))
      const headers = { 'Content-Type': 'application/problem+json' }
      return new Response(JSON.stringify({ type: `/problems/${slug}`, ...fields }), { status, headers })
    },
    () => sent.push('signed out'),
  )
  return { office: new Office(client), sent }
}

describe('what is asked of whoever has to prove who they are', () => {
  test('is what the server takes', () => {
    const { office } = officeOf()
    const kinds = (open: OpenProof) => proofQuestion(office, open, true).fields?.map(({ kind, label }) => [kind, label])

    expect(kinds(BY_PASSWORD)).toEqual([['password', text('sign-in.password')]])
    expect(kinds(BY_CODE)).toEqual([['code', text('factors.code')]])
    expect(kinds({ ...BY_EITHER, factors: ['passkey'] })).toEqual([['code', text('factors.recovery-code')]])
  })

  test('is a passkey too, where one is held and the browser knows them', () => {
    const { office } = officeOf()

    expect(proofQuestion(office, BY_EITHER, true).other?.label).toBe(text('factors.use-passkey'))
    expect(proofQuestion(office, BY_EITHER, false).other).toBeUndefined()
    expect(proofQuestion(office, BY_CODE, true).other).toBeUndefined()
  })

  test('goes to the server under its own name', async () => {
    const { office, sent } = officeOf()

    expect(await proofQuestion(office, BY_CODE, true).attempt?.({ code: '123456' })).toBe('')
    expect(await proofQuestion(office, BY_PASSWORD, true).attempt?.({ password: 'oak' })).toBe('')
    expect(sent).toEqual([{ code: '123456' }, { password: 'oak' }])
  })

  test('is refused in a sentence about what was typed', async () => {
    const wrong = officeOf('wrong-credentials').office
    const slow = officeOf('too-many-attempts', 429, { retry_after: 7 }).office

    expect(await proofQuestion(wrong, BY_CODE, true).attempt?.({ code: '1' })).toBe(text('proof.wrong-code'))
    expect(await proofQuestion(wrong, BY_PASSWORD, true).attempt?.({ password: '1' })).toBe(
      text('proof.wrong-password'),
    )
    expect(await proofQuestion(slow, BY_CODE, true).attempt?.({ code: '1' })).toContain('7')
  })
})

describe('a passkey', () => {
  test('is asked with bytes and answers in base64url', () => {
    const bytes = (...all: number[]) => Uint8Array.from(all).buffer
    const asked = requestOf(PASSKEY)
    const answer = answerOf({
      id: 'AQID',
      rawId: bytes(1, 2, 3),
      type: 'public-key',
      response: { clientDataJSON: bytes(251), authenticatorData: bytes(255), signature: bytes(0), userHandle: null },
    } as unknown as PublicKeyCredential)

    expect([...(asked.challenge as Uint8Array)]).toEqual([251, 255])
    expect([...(asked.allowCredentials?.[0]?.id as Uint8Array)]).toEqual([1, 2, 3])
    expect(asked.rpId).toBe('oak.example')
    expect(answer.rawId).toBe('AQID')
    expect(answer.response).toEqual({ clientDataJSON: '-w', authenticatorData: '_w', signature: 'AA' })
    expect(base64urlOf(bytesOf('-_-_').buffer)).toBe('-_-_')
  })
})
