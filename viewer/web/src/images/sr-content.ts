/** What a structured report says, as lines of text (PS3.3 C.17.3). */
import { itemsOf, nameOf, textOf, type DataSet } from './dicom-json'

export type Line = {
  /** How deep in the tree, from 0. */
  readonly depth: number
  readonly name: string
  /** Empty for a heading. */
  readonly value: string
  /** Refers to an image or another object. */
  readonly isReference: boolean
}

export type Content = {
  readonly title: string
  readonly lines: readonly Line[]
  /** Whether it is said by its text: not where it has coordinates, waveforms or kinds of content that are not known. */
  readonly complete: boolean
}

const CONTENT = '0040A730'
const CONCEPT_NAME = '0040A043'
const VALUE_TYPE = '0040A040'
const MEANING = '00080104'
const MOST_DEPTH = 40

const meaningOf = (item: DataSet, tag: string): string => textOf(itemsOf(item, tag)[0] ?? {}, MEANING)

/** Values by Value Type (PS3.3 C.17.3.2.1). */
const VALUES: Readonly<Record<string, (item: DataSet) => string>> = {
  CONTAINER: () => '',
  TEXT: (item) => textOf(item, '0040A160'),
  CODE: (item) => meaningOf(item, '0040A168'),
  NUM: numeric,
  DATE: (item) => textOf(item, '0040A121'),
  TIME: (item) => textOf(item, '0040A122'),
  DATETIME: (item) => textOf(item, '0040A120'),
  PNAME: (item) => nameOf(item, '0040A123'),
  UIDREF: (item) => textOf(item, '0040A124'),
  IMAGE: () => '',
  COMPOSITE: () => '',
}
const REFERENCES: ReadonlySet<string> = new Set(['IMAGE', 'COMPOSITE', 'SCOORD', 'SCOORD3D', 'TCOORD', 'WAVEFORM'])

function numeric(item: DataSet): string {
  const measured = itemsOf(item, '0040A300')[0]
  if (!measured) return ''
  const unit = textOf(itemsOf(measured, '004008EA')[0] ?? {}, '00080100')
  return [textOf(measured, '0040A30A'), unit === '1' ? '' : unit].filter(Boolean).join(' ')
}

export function contentOf(report: DataSet): Content {
  const lines: Line[] = []
  let complete = true
  const walk = (item: DataSet, depth: number): void => {
    for (const child of itemsOf(item, CONTENT)) {
      const type = textOf(child, VALUE_TYPE)
      const value = VALUES[type]
      complete &&= value !== undefined && depth < MOST_DEPTH
      const isReference = REFERENCES.has(type)
      lines.push({ depth, name: meaningOf(child, CONCEPT_NAME), value: value?.(child) ?? '', isReference })
      if (depth < MOST_DEPTH) walk(child, depth + 1)
    }
  }
  walk(report, 0)
  return { title: meaningOf(report, CONCEPT_NAME), lines, complete: complete && lines.length > 0 }
}
