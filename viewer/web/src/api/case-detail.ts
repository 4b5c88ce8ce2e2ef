/** A case on the desk: what surrounds its report, and what this person may do with it. */
import type { Case, Step } from './case'
import type { BlindReading, Confirmation, PastReview, ReportVersion, SavedDraft } from './report'

/** A class of results that the site's list has. */
export type CriticalClass = {
  readonly code: string
  readonly name: string
  /** Within which the site has to acknowledge. */
  readonly minutes: number
  /** Whether it is expected in such an examination. */
  readonly fits: boolean
}

export type Lease = {
  readonly revision: number
  readonly expires_at: string
  readonly step: Step
  /** Since when it lies aside; null while somebody works at it. */
  readonly parked_at: string | null
  /** What was on the screen when it was last put aside. */
  readonly screen: ScreenState | null
}

/** What was on the screen of somebody who put a case aside. */
export type ScreenState = {
  readonly series_uid: string
  /** Of the picture in its series, the first is 0. */
  readonly index: number
  /** Null: each picture has its own. */
  readonly window: { readonly center: number; readonly width: number } | null
  readonly inverted: boolean
  /** The earlier case beside it; empty where there was none. */
  readonly prior: string
}

/** An image that says it is of somebody else than the case. */
export type OtherPerson = {
  readonly instance_uid: string
  readonly series_uid: string
  readonly name: string
  readonly sex: string
  readonly birth_date: string
}

/** A consultation about a case; its thread is a page of its own. */
export type ConsultationLine = {
  readonly id: string
  readonly state: 'open' | 'concluded' | 'withdrawn'
  readonly question: string
  readonly conclusion: string
}

export type Prior = {
  readonly case_id: string
  readonly study_uids: readonly string[]
  readonly examined_at: string
  readonly modality: string
  readonly body_part: string
  readonly impression: string | null
  /** Both are linked to one registered person, or one number stands on images whose name, sex and birth date agree. */
  readonly found: 'person' | 'number'
  /** Whether the name in its images, or a person, says that it is theirs. */
  readonly confirmed: boolean
  /** As its images say. */
  readonly patient: { readonly name: string; readonly sex: string; readonly birth_date: string | null }
}

export type Allowed =
  | 'claim'
  | 'renew'
  | 'put-back'
  | 'park'
  | 'read-without'
  | 'save'
  | 'sign'
  | 'finalise'
  | 'propose'
  | 'accord'
  | 'dissent'
  | 'defer'
  | 'verify'
  | 'review'
  | 'return'
  | 'withhold'
  | 'restore'
  | 'read-again'
  | 'enter-in-error'
  | 'escalate'
  | 'critical'
  | 'withdraw-critical'
  | 'clarify'
  | 'addendum'
  | 'dispute'
  | 'follow-up'
  | 'no-change'
  | 'print'
  | 'consult'
  | 'refer'
  | 'teach'

/** What the clinic wrote of the case, word for word, or why there is nothing to show. */
export type ClinicalRequest = {
  readonly told: 'words' | 'blank' | 'no_order' | 'held'
  readonly words: string
  /** Who asked for it, and which department; empty where nobody said. */
  readonly asked_by: string
  readonly department: string
}

/** Something that somebody wrote; `word` is a key of the catalogue. */
export type Correspondence = {
  readonly at: string
  readonly word: string
  readonly who: string
  readonly words: string
  /** Of a provisional note: who was signed in when it came; else empty. */
  readonly uploaded_by: string
  /** Of a correction of sides: what each was, and what it became. */
  readonly sides: readonly (readonly [string, string])[]
}

export type CaseDetail = Case & {
  readonly request: ClinicalRequest
  /** Of the registered patient, else as the device wrote it. */
  readonly patient_number: string
  /** What people wrote to each other about it, the oldest first. */
  readonly correspondence: readonly Correspondence[]
  readonly lease: Lease | null
  readonly draft: SavedDraft | null
  readonly versions: readonly ReportVersion[]
  /** How many colleagues its rule asks for before it is signed, and how many have given an opinion; null for none. */
  readonly panel: { readonly asked: number; readonly given: number; readonly concluded: number } | null
  /** Null where one person reads. */
  readonly double_reading: { readonly finality: 'at_once' | 'after_minutes' | 'by_reader' } | null
  /** Whether a recall says of which breast it is. */
  readonly of_breasts: boolean
  /** Those that the person may see. */
  readonly readings: readonly BlindReading[]
  /** Why the two who read it found no consensus; else empty. */
  readonly dissent: string
  readonly priors: readonly Prior[]
  readonly image_set: string
  /** How the alerts on it stand (`Standing`). */
  readonly alerts: string
  /** Of each series the digest of its images. */
  readonly series_digests: Readonly<Record<string, string>>
  /** The series that a signature accounts for, each with the number of its pictures and documents. */
  readonly to_see: Readonly<Record<string, number>>
  /** The objects among them that are read like a letter. */
  readonly documents: readonly string[]
  /** Whether a series may be left out as not needed, with a reason. */
  readonly may_leave_series: boolean
  readonly allowed: readonly Allowed[]
  readonly reviews: readonly PastReview[]
  readonly confirmations: readonly Confirmation[]
  /** What is missing by name, in the person's language. */
  readonly completeness: { readonly sentence: string; readonly hint: string }
  /** The images that say they are of somebody else. */
  readonly other_persons: readonly OtherPerson[]
  /** The orders name one side, the images show another; null where they agree or one of them is silent. */
  readonly sides_differ: { readonly order: string; readonly images: string } | null
  /** Pictures that came after the report. */
  readonly late: number
  readonly consultations: readonly ConsultationLine[]
  readonly critical_classes: readonly CriticalClass[]
}

export type Standing = {
  readonly revision: number
  readonly image_set: string
  /** The ids of the prior cases that may be shown. */
  readonly priors: readonly string[]
  /** How the alerts on it stand; another text where one climbed or was answered. */
  readonly alerts: string
}
