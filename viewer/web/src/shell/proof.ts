/** Whoever is signed in proves once more who they are, by what the server takes: a code, a passkey or the password. */
import type { Office, ShownProof } from '../api/office'
import { askPasskey, knowsPasskeys, type PasskeyOptions } from '../api/passkeys'
import { Problem } from '../api/problem'
import type { OpenProof } from '../api/session'
import { text } from '../language'
import { ask, type Field, type Question } from './ask'
import { wordsFor } from './trouble'

/** Whether it was proved; false when the person thought better of it. Raises Problem, Unreachable. */
export async function proveAgain(office: Office): Promise<boolean> {
  return (await ask(proofQuestion(office, await office.proof(), knowsPasskeys()))) !== null
}

export function proofQuestion(office: Office, open: OpenProof, passkeys: boolean): Question {
  return {
    title: text('problem.prove-again'),
    words: text('problem.prove-again.advice'),
    fields: [fieldOf(open)],
    confirm: text('common.go-on'),
    attempt: ({ code, password = '' }) =>
      code === undefined
        ? shown(office, { password }, text('proof.wrong-password'))
        : shown(office, { code }, text('proof.wrong-code')),
    ...(open.passkey && passkeys ? { other: byPasskey(office, open.passkey) } : {}),
  }
}

function fieldOf({ by, factors }: OpenProof): Field {
  if (by === 'password') return { name: 'password', label: text('sign-in.password'), kind: 'password' }
  return factors.includes('totp')
    ? { name: 'code', label: text('factors.code'), kind: 'code', help: text('factors.code-help') }
    : { name: 'code', label: text('factors.recovery-code'), kind: 'code', help: text('factors.recovery-help') }
}

function byPasskey(office: Office, options: PasskeyOptions): NonNullable<Question['other']> {
  const attempt = async (): Promise<string> => {
    const failed = text('factors.passkey-failed')
    const passkey = await askPasskey(options)
    if (!passkey) return failed
    return shown(office, { passkey }, failed)
  }
  return { label: text('factors.use-passkey'), attempt }
}

/** Shows the server a proof: "", or the sentence that says why it was not taken. */
async function shown(office: Office, proof: ShownProof, wrong: string): Promise<string> {
  try {
    await office.prove(proof)
    return ''
  } catch (error) {
    if (error instanceof Problem && error.slug === 'wrong-credentials') return wrong
    return wordsFor(error)
  }
}
