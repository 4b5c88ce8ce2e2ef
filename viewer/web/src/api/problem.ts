/** Answers that are not the wished one, as errors: one class per remedy (RFC 9457). */

/** What the server may call a problem: each has its sentence in both catalogues (tests/viewer/http/test_problems.py). */
const SLUGS = [
  'wrong-credentials',
  'signed-out',
  'sign-in-over',
  'too-many-attempts',
  'busy',
  'not-there',
  'not-allowed',
  'stale',
  'said-otherwise',
  'move-not-allowed',
  'invalid',
  'checks-open',
  'csrf',
  'password-must-change',
  'prove-again',
  'unavailable',
  'speech-failed',
  'method-not-allowed',
  'too-large',
  'failed',
  'unforeseen',
  'not-acceptable',
  'unsupported-media-type',
  'holder-away',
  'too-many-searches',
] as const

export type Slug = (typeof SLUGS)[number] | 'other'

const KNOWN: ReadonlySet<string> = new Set(SLUGS)

/** The server refused: show it, or do what its slug asks for. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly slug: Slug,
    readonly fields: Readonly<Record<string, unknown>>,
  ) {
    super(`${status} ${slug}`)
  }

  /** A field of the problem as text, "" when it is not there. */
  field(name: string): string {
    const value = this.fields[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
}

/** No answer came: the line is down or the server is away; the same request may be sent again. */
export class Unreachable extends Error {}

/** Reads a refusal; a body that is not problem+json still makes a Problem, told apart by its status alone. */
export async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get('Content-Type') ?? ''
  if (!type.startsWith('application/problem+json'))
    return new Problem(response.status, slugOfStatus(response.status), {})
  const body: unknown = await response.json()
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const name = typeof fields['type'] === 'string' ? fields['type'].replace(/^.*\/problems\//, '') : ''
  return new Problem(response.status, KNOWN.has(name) ? (name as Slug) : slugOfStatus(response.status), fields)
}

function slugOfStatus(status: number): Slug {
  if (status === 401) return 'signed-out'
  if (status === 404) return 'not-there'
  if (status === 422) return 'invalid'
  return 'other'
}
