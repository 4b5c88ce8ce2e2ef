/** Dictated words in a text: where its cursor is, with a space where words of Latin letters would run together. */

const LATIN = /[\p{Script=Latin}\d.,;:!?)]/u

export type Inserted = { readonly said: string; readonly caret: number }

/** In place of what is selected; undefined where the text would be longer than it may. */
export function inserted(
  said: string,
  [from, to]: readonly [number, number],
  words: string,
  most: number,
): Inserted | undefined {
  const [before, behind] = [said.slice(0, from), said.slice(to)]
  const starts = LATIN.test(before.slice(-1)) && /^[\p{Script=Latin}\d]/u.test(words) ? ' ' : ''
  const ends = LATIN.test(words.slice(-1)) && /^[\p{Script=Latin}\d]/u.test(behind) ? ' ' : ''
  const text = `${starts}${words}${ends}`
  if (before.length + text.length + behind.length > most) return undefined
  return { said: before + text + behind, caret: from + text.length }
}
