import { describe, expect, test } from 'vitest'
import { affordable } from '../../src/images/retrieval/budget'
import { Coarse, isSlow } from '../../src/images/retrieval/coarse'
import { reached } from '../../src/images/retrieval/codestream'
import { enlarged } from '../../src/images/retrieval/enlarged'
import { partOf } from '../../src/images/retrieval/multipart'
import { Unanswered, withTries } from '../../src/images/retrieval/tries'
import { namesOf, settled, stack } from './stacks'

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))
const u16 = (value: number): number[] => [value >> 8, value & 255]

/** A codestream of so many halvings, whose tile-parts have these lengths (ITU-T T.800 A.4.2, A.6.1). */
function codestream(levels: number, lengths: readonly number[], parts = lengths.length): Uint8Array {
  const siz = [0xff, 0x51, ...u16(4), 0, 0]
  const cod = [0xff, 0x52, ...u16(12), 0, 2, ...u16(1), 0, levels, 4, 4, 0x40, 1]
  const tileParts = lengths.flatMap((length, number) => [
    ...[0xff, 0x90, ...u16(10), ...u16(0), ...u16(0), ...u16(length), number, parts],
    ...Array.from({ length: length - 12 }, () => 7),
  ])
  return Uint8Array.from([0xff, 0x4f, ...siz, ...cod, ...tileParts, 0xff, 0xd9])
}
const HEADER = 2 + 6 + 14

describe('of a codestream', () => {
  test.each([
    [HEADER, undefined],
    [HEADER + 29, undefined],
    [HEADER + 30, { level: 2, end: HEADER + 30 }],
    [HEADER + 30 + 39, { level: 2, end: HEADER + 30 }],
    [HEADER + 30 + 40, { level: 1, end: HEADER + 70 }],
    [HEADER + 30 + 40 + 50, { level: 0, end: HEADER + 120 }],
  ])('%d bytes hold the resolution %j', (length, found) => {
    expect(reached(codestream(2, [30, 40, 50]).subarray(0, length))).toEqual(found)
  })

  test('whose tile-parts are no resolutions nothing is drawn early', () => {
    expect(reached(codestream(5, [30, 40, 50]))).toBeUndefined()
    expect(reached(codestream(2, [30, 40, 50], 4))).toBeUndefined()
    expect(reached(bytes('GIF89a'))).toBeUndefined()
  })
})

describe('a coarse picture', () => {
  const whole = codestream(2, [30, 40, 50])
  const upTo = (length: number) => whole.subarray(0, length)

  function coarse() {
    const drawn: string[] = []
    const decode = (level: number, { length }: Uint8Array) => Promise.resolve(`${level} of ${length}`)
    return { drawn, coarse: new Coarse(decode, (image: string) => drawn.push(image)) }
  }

  test('is drawn of each resolution that is there, and no more once all is', async () => {
    const { drawn, coarse: pictures } = coarse()
    pictures.offer(upTo(60), 'syntax', 0.4, 500)
    pictures.offer(upTo(61), 'syntax', 0.4, 510)
    await settled()
    pictures.offer(upTo(100), 'syntax', 0.7, 900)
    await settled()
    pictures.end()
    pictures.offer(whole, 'syntax', 0.9, 1_000)
    await settled()

    expect(drawn).toEqual([`2 of ${HEADER + 30}`, `1 of ${HEADER + 70}`])
  })

  test('is not drawn where the whole comes as soon', async () => {
    const { drawn, coarse: pictures } = coarse()
    pictures.offer(upTo(100), 'syntax', 0.7, 50)
    await settled()

    expect(drawn).toEqual([])
    expect([isSlow(0.25, 49), isSlow(0.25, 51)]).toEqual([false, true])
  })
})

test('a coarse picture has the size of the whole one, each of its points in its place', () => {
  const small = Int16Array.from([1, 2, 3, -4])

  expect(enlarged(small, { columns: 2, rows: 2 }, { columns: 4, rows: 3 }, 1)).toEqual(
    Int16Array.from([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, -4, -4]),
  )
  expect(enlarged(small.subarray(0, 2), { columns: 2, rows: 1 }, { columns: 5, rows: 3 }, 2)).toEqual(
    Int16Array.from([1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2]),
  )
})

describe('the part of a body', () => {
  const type = 'multipart/related; type="image/jphc"; boundary=b'
  const body = bytes('--b\r\nContent-Type: image/jphc;transfer-syntax=1.2\r\n\r\nab\r\n--c\r\n--b--\r\n')
  const contentOf = (length: number, isAll = false) => {
    const part = partOf(type, body.subarray(0, length), isAll)
    return part && String.fromCharCode(...part.content)
  }

  test('is what has come of it, and ends where the boundary closes it', () => {
    expect(contentOf(20)).toBeUndefined()
    expect(contentOf(54)).toBe('a')
    expect(contentOf(body.length, true)).toBe('ab\r\n--c')
    expect(partOf(type, body, true)?.contentType).toBe('image/jphc;transfer-syntax=1.2')
  })

  test('that is not closed is an error', () => {
    expect(() => contentOf(60, true)).toThrow('not closed')
  })

  test('is all of it where the answer has one piece', () => {
    expect(partOf('image/png', bytes('ab'), true)).toEqual({ contentType: 'image/png', content: bytes('ab') })
  })
})

describe('what was not answered', () => {
  test('is asked twice more, after longer pauses', async () => {
    const pauses: number[] = []
    let asked = 0
    const ask = () => (asked++, Promise.reject(new Unanswered('503')))
    const pause = (milliseconds: number) => Promise.resolve(void pauses.push(milliseconds))

    await expect(withTries(ask, pause)).rejects.toThrow('503')
    expect([asked, pauses]).toEqual([3, [500, 2_000]])
  })

  test('is not asked again where the server said why', async () => {
    let asked = 0
    const ask = () => (asked++, Promise.reject(new Error('406')))

    await expect(withTries(ask, () => Promise.resolve())).rejects.toThrow('406')
    expect(asked).toBe(1)
  })
})

test('as many pictures are fetched as memory has room for, and one always', () => {
  const pictures = stack('a', 5)

  expect(namesOf(affordable(pictures, 3 * 1_024))).toBe('a1 a2 a3')
  expect(namesOf(affordable(pictures, 100))).toBe('a1')
  expect(affordable(pictures, 1e9)).toBe(pictures)
})
