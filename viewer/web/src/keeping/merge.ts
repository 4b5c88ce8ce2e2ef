/** Two fillings of one form made into one, field by field, as a person chooses. */
import type { TextKey } from '../language'

export type Choice = 'mine' | 'theirs' | 'both'

export type Field<T> = {
  readonly name: string
  readonly label: TextKey
  /** As it is shown; empty where it is blank. */
  readonly words: (form: T) => string
  readonly take: (from: T, into: T) => T
  /** For texts: mine, and theirs under it. */
  readonly both?: (mine: T, theirs: T) => T
}

export function fieldOf<T>(name: keyof T & string, label: TextKey, words: (value: T[keyof T]) => string): Field<T> {
  return { name, label, words: (form) => words(form[name]), take: (from, into) => ({ ...into, [name]: from[name] }) }
}

export function textOf<T>(name: keyof T & string, label: TextKey): Field<T> {
  const words = (form: T): string => String(form[name] ?? '')
  const both = (mine: T, theirs: T): T => ({ ...mine, [name]: joined(words(mine), words(theirs)) })
  return { ...fieldOf<T>(name, label, String), words, both }
}

/** Both texts, each once. */
export function joined(one: string, other: string): string {
  if (one.includes(other)) return one
  return other.includes(one) ? other : `${one.trimEnd()}\n${other}`
}

/** The fields in which the two differ. */
export const differing = <T>(fields: readonly Field<T>[], mine: T, theirs: T): readonly Field<T>[] =>
  fields.filter(({ words }) => words(mine) !== words(theirs))

/** What is proposed: whoever changed the field; mine where both did. */
export function proposed<T>({ words }: Field<T>, base: T, mine: T, theirs: T): Choice {
  return words(mine) === words(base) && words(theirs) !== words(base) ? 'theirs' : 'mine'
}

export function merged<T>(
  fields: readonly Field<T>[],
  mine: T,
  theirs: T,
  choices: Readonly<Record<string, string | undefined>>,
): T {
  return fields.reduce((form, field) => {
    const choice = choices[field.name]
    if (choice === 'theirs') return field.take(theirs, form)
    return choice === 'both' && field.both ? field.both(form, theirs) : form
  }, mine)
}
