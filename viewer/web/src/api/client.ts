/** JSON over HTTP with the session's cookie: CSRF token, problems as errors, one new attempt after a renewed sign-in. */
import type { DataSet } from '../images/dicom-json'
import { Problem, Unreachable, problemOf } from './problem'

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

const JSON_OR_PROBLEM = 'application/json, application/problem+json'

/** Said of what is fetched before anybody looks at it, as browsers say it. */
export const AHEAD = { Purpose: 'prefetch' } as const

/** An answer, and the entity tag by which it is known again. */
export type Tagged<T> = { readonly tag: string; readonly answer: T }

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export class Client {
  /** Of the session; set when the session is known. */
  csrfToken = ''
  /** Whose session it is; nobody else's is taken in its place. */
  personId = ''

  constructor(
    private readonly fetch: Fetch,
    private readonly onSignedOut: () => void,
  ) {}

  /** Fetches what nobody looks at yet, which goes on record as that. */
  ahead(): Client {
    const said = (init: RequestInit = {}): RequestInit => ({ ...init, headers: { ...init.headers, ...AHEAD } })
    return new Client(
      (input, init) => this.fetch(input, said(init)),
      () => undefined, // whoever acts hears of it
    )
  }

  /** Raises Problem, Unreachable. */
  async get<T>(path: string): Promise<T> {
    const response = await this.request('GET', path)
    return (await response.json()) as T
  }

  /** Answers undefined for 204. Raises Problem, Unreachable. */
  async find<T>(path: string): Promise<T | undefined> {
    const response = await this.request('GET', path)
    return response.status === 204 ? undefined : ((await response.json()) as T)
  }

  /** The answer with its tag; undefined where it is the one with the tag `known`. Raises Problem, Unreachable. */
  async getUnlessKnown<T>(path: string, known: string): Promise<Tagged<T> | undefined> {
    const response = await this.request('GET', path, undefined, JSON_OR_PROBLEM, known)
    if (response.status === 304) return undefined
    return { tag: response.headers.get('ETag') ?? '', answer: (await response.json()) as T }
  }

  /** A question that no address holds: the answer with its tag. Raises Problem, Unreachable. */
  async ask<T>(path: string, body: unknown): Promise<Tagged<T>> {
    const response = await this.request('POST', path, body)
    return { tag: response.headers.get('ETag') ?? '', answer: (await response.json()) as T }
  }

  /** Answers undefined for 204. Raises Problem, Unreachable. */
  async send<T>(method: Exclude<Method, 'GET'>, path: string, body?: unknown): Promise<T | undefined> {
    const response = await this.request(method, path, body)
    return response.status === 204 ? undefined : ((await response.json()) as T)
  }

  /** Data sets in the DICOM JSON model; none for 204. Raises Problem, Unreachable. */
  async dataSets(path: string): Promise<readonly DataSet[]> {
    const response = await this.request('GET', path, undefined, 'application/dicom+json')
    return response.status === 204 ? [] : ((await response.json()) as readonly DataSet[])
  }

  private async request(
    method: Method,
    path: string,
    body?: unknown,
    accept = JSON_OR_PROBLEM,
    known = '',
  ): Promise<Response> {
    let response = await this.once(method, path, body, accept, known)
    if (response.status === 403 && method !== 'GET' && (await problemOf(response.clone())).slug === 'csrf') {
      await this.renewToken() // the person signed in anew in another tab: the cookie is good, our token is old
      response = await this.once(method, path, body, accept)
    }
    if (response.ok || (known && response.status === 304)) return response
    const problem = await problemOf(response)
    if (problem.slug === 'signed-out') this.onSignedOut()
    throw problem
  }

  private async renewToken(): Promise<void> {
    const response = await this.once('GET', '/api/session', undefined, JSON_OR_PROBLEM)
    if (!response.ok) throw await problemOf(response)
    const session = (await response.json()) as { csrf_token: string; person: { id: string } }
    // Somebody else signed in on another tab: nothing of this page is done in their name.
    if (session.person.id !== this.personId) throw new Problem(401, 'signed-out', {})
    this.csrfToken = session.csrf_token
  }

  private async once(method: Method, path: string, body: unknown, accept: string, known = ''): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept }
    if (known) headers['If-None-Match'] = known
    if (method !== 'GET') headers['X-CSRF-Token'] = this.csrfToken
    const isRecording = body instanceof Blob
    if (body !== undefined) headers['Content-Type'] = isRecording ? body.type : 'application/json'
    const init: RequestInit = {
      method,
      headers,
      credentials: 'same-origin',
      cache: accept === JSON_OR_PROBLEM ? 'no-store' : 'default',
    }
    if (body !== undefined) init.body = isRecording ? body : JSON.stringify(body)
    try {
      return await this.fetch(path, init)
    } catch (cause) {
      throw new Unreachable('no answer', { cause })
    }
  }
}
