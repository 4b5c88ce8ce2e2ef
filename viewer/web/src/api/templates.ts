/** What a report is written with: templates, the forms that they are filled to, and phrases. */

export type CellValue = string | number | readonly string[] | null

export type FormValue = CellValue | readonly Readonly<Record<string, CellValue>>[]

export type FilledForm = { readonly template: string; readonly values: Readonly<Record<string, FormValue>> }

export type BothLanguages = { readonly zh: string; readonly en: string }

type Labelled = { readonly name: string; readonly label: BothLanguages; readonly mandatory: boolean }

export type TemplateCell = Labelled &
  (
    | { readonly kind: 'text'; readonly most: number }
    | {
        readonly kind: 'number'
        readonly unit: string
        readonly low: number
        readonly high: number
        readonly decimals: number
      }
    | {
        readonly kind: 'choice'
        readonly options: readonly { readonly code: string; readonly words: BothLanguages }[]
        readonly many: boolean
      }
    | { readonly kind: 'side' }
  )

export type TemplateField =
  TemplateCell | (Labelled & { readonly kind: 'table'; readonly columns: readonly TemplateCell[] })

/** One version of a report template; it never changes (reading/templates). */
export type Template = {
  readonly id: string
  readonly key: string
  readonly version: number
  readonly document: {
    readonly title: BothLanguages
    readonly fields: readonly TemplateField[]
    readonly sentences: readonly { readonly words: BothLanguages; readonly blank: readonly string[] }[]
  }
}

export type TemplateOffer = {
  readonly id: string
  readonly key: string
  readonly version: number
  readonly title: string
  /** Whether it is meant for the examination. */
  readonly fits: boolean
}

/** The text of a form, and the labels of mandatory fields that are blank. */
export type Rendered = {
  readonly findings: string
  readonly impression: string
  readonly recommendation: string
  readonly blank: readonly string[]
}

/** Words by a shortcut, which is typed behind a slash. */
export type Phrase = { readonly id: string; readonly shortcut: string; readonly words: string; readonly own: boolean }
