/** The one part of a multipart body, as far as it has come (RFC 2046 5.1.1). */

export type Part = {
  /** The part's own Content-Type, or that of an answer in one piece. */
  readonly contentType: string
  /** What has come of it; the closing boundary is left out once all of the body is there. */
  readonly content: Uint8Array
}

const LINE_END = [13, 10] as const

/**
 * `outer` is the Content-Type of the answer, `isAll` whether `body` is all of it. Undefined before the part begins; raises
 * where the body ended without the boundary that closes it.
 */
export function partOf(outer: string, body: Uint8Array, isAll: boolean): Part | undefined {
  if (!outer.startsWith('multipart/')) return { contentType: outer, content: body }
  const from = headerEnd(body)
  if (from < 0) {
    if (isAll) throw new Error('a part without a header')
    return undefined
  }
  const lines = textOf(body.subarray(0, from)).split('\r\n')
  const boundary = lines.find((line) => line.startsWith('--'))
  if (boundary === undefined) throw new Error('a part without a boundary')
  const type = lines.find((line) => /^content-type:/i.test(line))
  const contentType = type?.slice(type.indexOf(':') + 1).trim() ?? ''
  if (!isAll) return { contentType, content: body.subarray(from) }
  const to = lastIndexOf(body, bytesOf(`\r\n${boundary}`), from)
  if (to < 0) throw new Error('a part that is not closed')
  return { contentType, content: body.subarray(from, to) }
}

/** Where the content begins, behind the empty line; -1 before it has come. */
function headerEnd(body: Uint8Array): number {
  const [CR, LF] = LINE_END
  for (let at = 0; at + 3 < body.length; at++)
    if (body[at] === CR && body[at + 1] === LF && body[at + 2] === CR && body[at + 3] === LF) return at + 4
  return -1
}

/** From the end: the boundary that closes a part is the last thing in the body. */
function lastIndexOf(body: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = body.length - wanted.length; at >= from; at--)
    if (wanted.every((byte, index) => body[at + index] === byte)) return at
  return -1
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
