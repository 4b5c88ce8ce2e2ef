/** Passkeys (Web Authentication, level 3): the options of the server in, the authenticator's answer as JSON out. */

type Descriptor = {
  readonly id: string
  readonly type: PublicKeyCredentialType
  readonly transports?: readonly string[]
}

/** `PublicKeyCredentialRequestOptionsJSON`: bytes are base64url. */
export type PasskeyOptions = {
  readonly challenge: string
  readonly rpId?: string
  readonly timeout?: number
  readonly userVerification?: UserVerificationRequirement
  readonly allowCredentials?: readonly Descriptor[]
}

/** `AuthenticationResponseJSON`. */
export type PasskeyAnswer = {
  readonly id: string
  readonly rawId: string
  readonly type: string
  readonly response: Readonly<Record<string, string>>
  readonly clientExtensionResults: Readonly<Record<string, never>>
}

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const plain = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0))
}

export function base64urlOf(bytes: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(plain).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

/** Older browsers know no JSON methods, so both ways are written here. */
export function requestOf({
  challenge,
  allowCredentials = [],
  ...rest
}: PasskeyOptions): PublicKeyCredentialRequestOptions {
  const known = allowCredentials.map(({ id, type, transports }) => ({
    id: bytesOf(id),
    type,
    ...(transports ? { transports: transports as AuthenticatorTransport[] } : {}),
  }))
  return { ...rest, challenge: bytesOf(challenge), allowCredentials: known }
}

export function answerOf(credential: PublicKeyCredential): PasskeyAnswer {
  const { clientDataJSON, authenticatorData, signature, userHandle } =
    credential.response as AuthenticatorAssertionResponse
  return {
    id: credential.id,
    rawId: base64urlOf(credential.rawId),
    type: credential.type,
    response: {
      clientDataJSON: base64urlOf(clientDataJSON),
      authenticatorData: base64urlOf(authenticatorData),
      signature: base64urlOf(signature),
      ...(userHandle ? { userHandle: base64urlOf(userHandle) } : {}),
    },
    clientExtensionResults: {},
  }
}

/** Undefined where the person declined or let the time pass: the browser says nothing more. */
export async function askPasskey(options: PasskeyOptions): Promise<PasskeyAnswer | undefined> {
  try {
    const credential = await navigator.credentials.get({ publicKey: requestOf(options) })
    return credential ? answerOf(credential as PublicKeyCredential) : undefined
  } catch (error) {
    if (error instanceof DOMException) return undefined
    throw error
  }
}

/** Whether this browser, on this address, knows passkeys at all. */
export const knowsPasskeys = (): boolean => 'PublicKeyCredential' in globalThis
