/** One frame asked of the server, told piece by piece as it comes (PS3.18 10.4). */
import { NoPicture, faultOfAnswer } from '../faults'
import { frameAddressOf, type Picture } from '../pictures'
import { RENDERED } from '../rendered'
import type { Turn } from './line'
import { partOf } from './multipart'
import { Unanswered } from './tries'

export type Frame = {
  /** Transfer syntax of what has come. */
  readonly syntax: string
  readonly content: Uint8Array
}

/** Octets whose part names no other (PS3.18 8.7.3.2). */
const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1'

/**
 * As stored, except that uncompressed pixels travel as HTJ2K, which halves them and draws by and by.
 * A server that cannot make HTJ2K of a picture answers with what is stored.
 */
const AS_PIXELS = [
  'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202',
  'multipart/related; type="application/octet-stream"; transfer-syntax=*; q=0.5',
].join(', ')

/** What is asked of the server for a picture: the same words each time, by which the browser knows the answer again. */
export type Asked = { readonly address: string; readonly accept: string }

export const pixelsOf = (imageId: string, digest: string): Asked => ({
  address: frameAddressOf(imageId, digest),
  accept: AS_PIXELS,
})

export const renderedOf = (imageId: string, digest: string): Asked => ({
  address: frameAddressOf(imageId, digest, '/rendered'),
  accept: 'image/png',
})

/** As it is shown. */
export const askedFor = ({ imageId, digest }: Picture): Asked =>
  imageId.startsWith(`${RENDERED}:`) ? renderedOf(imageId, digest) : pixelsOf(imageId, digest)

/** Raises NoPicture where the server has none to give, Unanswered where it may have one later. */
export async function answerTo(
  { address, accept }: Asked,
  { signal }: Turn,
  said: Readonly<Record<string, string>> = {},
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(address, { headers: { Accept: accept, ...said }, credentials: 'same-origin', signal })
  } catch (error) {
    if (signal.aborted) throw error
    throw new Unanswered('no answer', { cause: error })
  }
  if (response.ok) return response
  if (response.status >= 500 || response.status === 429) throw new Unanswered(String(response.status))
  throw new NoPicture(await faultOfAnswer(response))
}

/** `onMore` is told all that has come so far, from its beginning, and how much of the answer that is, from 0 to 1. */
export async function frameAt(asked: Asked, turn: Turn, onMore: (frame: Frame, share: number) => void): Promise<Frame> {
  const response = await answerTo(asked, turn)
  const type = response.headers.get('Content-Type') ?? ''
  const body = new Body(Number(response.headers.get('Content-Length')))
  try {
    for await (const piece of piecesOf(response)) {
      body.add(piece)
      turn.came(body.share)
      const part = partOf(type, body.bytes, false)
      if (part && body.share < 1) onMore(frameOf(part), body.share)
    }
  } catch (error) {
    if (turn.signal.aborted) throw error
    throw new Unanswered('broken off', { cause: error })
  }
  if (body.share < 1) throw new Unanswered('too short')
  const whole = partOf(type, body.bytes, true)
  if (!whole) throw new Error('no part')
  return frameOf(whole)
}

const frameOf = ({ contentType, content }: { contentType: string; content: Uint8Array }): Frame => ({
  syntax: /transfer-syntax="?([\d.]+)/.exec(contentType)?.[1] ?? EXPLICIT_LITTLE,
  content,
})

async function* piecesOf(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) yield read.value
}

/** Bytes that come, in one piece of memory; `size` is 0 where nobody said how many. */
class Body {
  private held: Uint8Array
  private length = 0

  constructor(private readonly size: number) {
    this.held = new Uint8Array(size || 65_536)
  }

  get bytes(): Uint8Array {
    return this.held.subarray(0, this.length)
  }

  get share(): number {
    return this.size ? this.length / this.size : 1
  }

  add(piece: Uint8Array): void {
    const needed = this.length + piece.length
    if (needed > this.held.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.held.length))
      larger.set(this.bytes)
      this.held = larger
    }
    this.held.set(piece, this.length)
    this.length = needed
  }
}
