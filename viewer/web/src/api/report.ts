/** A report: what it says, what the checks say of it, who signed it, and how it was judged. */
import type { Mark } from './marks'
import type { FilledForm } from './templates'

export type Content = {
  readonly findings: string
  readonly impression: string
  readonly positive: boolean | null
  readonly critical_class: string | null
  readonly recommendation: string
  /** The template that it is written with and the values of its fields; nothing where it is written freely. */
  readonly form?: FilledForm | null
  /** Of one of two blind readers, or of the arbiter between them. */
  readonly opinion?: Opinion | null
  /** Measurements and key images; at most 200. */
  readonly marks?: readonly Mark[]
}

export type SideResult = 'normal' | 'recall'

export type Opinion = {
  readonly result: 'normal' | 'recall' | 'technical_recall'
  readonly right: SideResult | null
  readonly left: SideResult | null
  /** The views to be taken again, of a technical recall. */
  readonly views: readonly string[]
  readonly comment: string
}

/** What one of two blind readers may do with the readings. */
export type Settling = 'finalise' | 'defer' | 'dissent'

/** A reading before the report; whose it is, only the two who confer are told. */
export type BlindReading = {
  readonly id: string
  /** The common text that one of the two who confer signed. */
  readonly proposed: boolean
  readonly role: 'author' | 'second' | 'arbiter'
  readonly mine: boolean
  /** Whose it is, for the two who confer; else empty. */
  readonly reader: string
  readonly withdrawn: boolean
  readonly broken: boolean
  readonly content: Content
  readonly signed_at: string
}

/** What a check of the server found in a report; `start` and `end` count characters, not UTF-16 units. */
export type CheckFinding = {
  readonly check:
    | 'template_blank'
    | 'impression_without_findings'
    | 'side_against_order'
    | 'side_besides_order'
    | 'side_against_images'
    | 'side_besides_images'
    | 'side_differs_in_report'
    | 'side_of_images_differs'
    | 'denied_in_findings'
    | 'person_of_images_differs'
    | 'organ_against_sex'
    | 'number_without_unit'
    | 'priors_unknown'
    | 'normal_words_under_positive'
    | 'abnormal_words_under_negative'
    | 'critical_words_without_flag'
    | 'read_back_differs'
  readonly severity: 'stops' | 'warns'
  /** The text in which it lies; null where it is about no place. */
  readonly part: 'findings' | 'impression' | 'recommendation' | null
  readonly start: number
  readonly end: number
  readonly words: string
  /** The class of critical results that the words name; else empty. */
  readonly critical_class: string
}

/** A character that no font of the printed sheet has, and what stands for it there. */
export type Unprintable = { readonly character: string; readonly printed: string }

export type SavedDraft = { readonly content: Content; readonly revision: number; readonly saved_at: string }

export type Signature = {
  readonly role: string
  /** How it is named: by its role; what a resident and their attending signed, as such. */
  readonly signed_as: string
  readonly name: string
  readonly title: string
  readonly organisation: string
  readonly signed_at: string
  readonly not_shown: NotShown | null
  /** What the checks of the text found and they confirmed. */
  readonly confirmed_checks: readonly string[]
}

/** The series that were not on the screen of somebody who signed. */
export type NotShown = {
  readonly reason: string
  readonly series: readonly {
    readonly series_uid: string
    readonly modality: string
    readonly number: number | null
    readonly description: string
    readonly fault: string
    /** How many of its pictures; null for the whole series. */
    readonly pictures: number | null
  }[]
}

/** A reader's word that images which came late change nothing. */
export type Confirmation = {
  readonly reader: string
  readonly comment: string
  readonly incomplete_reason: string
  readonly not_shown: NotShown | null
  readonly at: string
}

export type ReportVersion = {
  readonly id: string
  readonly number: number
  /** As people count those that the site was given; null of one that it never is. */
  readonly issue: number | null
  readonly status: 'pending' | 'preliminary' | 'final' | 'superseded' | 'replaced' | 'withheld' | 'entered_in_error'
  /** Not what was signed: it is marked, and nobody goes by it. */
  readonly broken: boolean
  readonly content: Content
  /** Why it was signed although images were missing; else empty. */
  readonly incomplete_reason: string
  /** The conclusions of consultations that it quotes. */
  readonly consultations: readonly Conclusion[]
  readonly created_at: string
  readonly released_at: string | null
  readonly signatures: readonly Signature[]
}

/** What a consultation concluded, with who took part. */
export type Conclusion = {
  readonly id: string
  readonly conclusion: string
  readonly took_part: readonly { readonly name: string; readonly title: string; readonly organisation: string }[]
}

export type PastReview = {
  readonly reviewer: string
  readonly outcome: ReviewOutcome
  /** The score that counts; null while a third person is to look at it. */
  readonly score: string | null
  readonly awaits_arbitration: boolean
  readonly difference: unknown
  readonly comment: string
  readonly at: string
}

export type ReviewOutcome = 'agree' | 'amend' | 'send_back'
