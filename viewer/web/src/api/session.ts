/** Who is signed in, what proves it, and the ways they have through the pages. */
import type { PasskeyOptions } from './passkeys'

export type Role =
  | 'technician'
  | 'clinician'
  | 'reader'
  | 'resident'
  | 'verifier'
  | 'reviewer'
  | 'quality_manager'
  | 'system_administrator'
  | 'security_administrator'
  | 'audit_administrator'

/** What proves who the person is; `passkey` where one can be asked for it. */
export type OpenProof = {
  readonly by: 'password' | 'factor'
  readonly factors: readonly ('totp' | 'passkey')[]
  readonly passkey: PasskeyOptions | null
}

export type Session = {
  readonly person: { readonly id: string; readonly username: string; readonly name: string; readonly title: string }
  readonly grants: readonly {
    readonly id: string
    readonly role: Role
    readonly organisation: { readonly code: string; readonly name: string; readonly level: string }
  }[]
  readonly csrf_token: string
  readonly must_change_password: boolean
  /** What the region's speech service takes; null where there is none. */
  readonly dictation: { readonly format: 'opus' | 'wav' } | null
  readonly rail: Rail
}

/** A way through the pages of staff; `word` is a key of the catalogue. */
export type Way = {
  readonly address: string
  readonly word: string
  readonly waits: number
  /** What waits there is a critical result. */
  readonly alarm: boolean
}

/** The ways that this person has, from the same table as on the pages of the server. */
export type Rail = {
  readonly home: string
  readonly places: readonly string[]
  /** They may open in an emergency what is not theirs to see. */
  readonly opens_in_emergency: boolean
  readonly search: { readonly address: string; readonly word: string } | null
  readonly groups: readonly { readonly group: string; readonly ways: readonly Way[] }[]
}
