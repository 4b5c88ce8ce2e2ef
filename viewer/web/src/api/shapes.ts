/** What the server says in JSON (viewer/api), as types. Times are ISO 8601 with an offset. */
import type { PasskeyOptions } from './passkeys'

export type Step = 'read' | 'second' | 'arbitrate' | 'verify' | 'review'

export type CaseState =
  | 'waiting_read'
  | 'reading'
  | 'waiting_verify'
  | 'verifying'
  | 'provisional'
  | 'waiting_second'
  | 'second_reading'
  | 'waiting_arbitration'
  | 'arbitrating'
  | 'waiting_review'
  | 'reviewing'
  | 'final'
  | 'returned'
  | 'disputed'
  | 'withheld'
  | 'withdrawn'
  | 'emptied'

export type Priority = 'emergency' | 'urgent' | 'routine'

export type Role =
  | 'technician'
  | 'clinician'
  | 'reader'
  | 'resident'
  | 'verifier'
  | 'reviewer'
  | 'quality_manager'
  | 'system_administrator'
  | 'security_administrator'
  | 'audit_administrator'

/** What proves who the person is; `passkey` where one can be asked for it. */
export type OpenProof = {
  readonly by: 'password' | 'factor'
  readonly factors: readonly ('totp' | 'passkey')[]
  readonly passkey: PasskeyOptions | null
}

export type Session = {
  readonly person: { readonly id: string; readonly username: string; readonly name: string; readonly title: string }
  readonly grants: readonly {
    readonly id: string
    readonly role: Role
    readonly organisation: { readonly code: string; readonly name: string; readonly level: string }
  }[]
  readonly csrf_token: string
  readonly must_change_password: boolean
  readonly rail: Rail
}

/** A way through the pages of staff; `word` is a key of the catalogue. */
export type Way = {
  readonly address: string
  readonly word: string
  readonly waits: number
  /** What waits there is a critical result. */
  readonly alarm: boolean
}

/** The ways that this person has, from the same table as on the pages of the server. */
export type Rail = {
  readonly home: string
  readonly places: readonly string[]
  /** They may open in an emergency what is not theirs to see. */
  readonly opens_in_emergency: boolean
  readonly search: { readonly address: string; readonly word: string } | null
  readonly groups: readonly { readonly group: string; readonly ways: readonly Way[] }[]
}

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

/** The points of each kind, in this order (`reading/reports/marks.py`). */
export type MarkKind =
  /** Its ends. */
  | 'length'
  /** Three points, the vertex in the middle. */
  | 'angle'
  /** The ends of one line, then of the other. */
  | 'cobb'
  /** The four corners, one after another around it. */
  | 'rectangle'
  /** The ends of the longer axis, then of the shorter. */
  | 'ellipse'
  | 'probe'
  /** The tip, then the other end. */
  | 'arrow'
  /** The ends of the length that is divided, then of the one that it is divided by. */
  | 'ratio'
  /** A key image: the frame as a whole, without points. */
  | 'key'

export type MarkValue = {
  readonly name: 'length' | 'angle' | 'area' | 'mean' | 'sd' | 'min' | 'max' | 'value' | 'ratio'
  readonly value: number
  /** In UCUM: `mm`, `mm2`, `deg`, `[hnsf'U]`, `1`; `{pixels}` and `{pixels}2` without a calibration. */
  readonly unit: string
}

/** A measurement, an arrow or a key image, by the UIDs under which its picture was shown when it was made. */
export type Mark = {
  /** A UUID that the desk made, in small letters. */
  readonly id: string
  readonly kind: MarkKind
  readonly study_uid: string
  readonly series_uid: string
  readonly instance_uid: string
  /** The first is 1. */
  readonly frame: number
  /** Column and row in pixels of the frame; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2). */
  readonly points: readonly (readonly [column: number, row: number])[]
  readonly values: readonly MarkValue[]
  /** One line, at most 200 characters. */
  readonly text: string
}

/** What somebody did to marks in pictures: drawn or changed, and removed by id. */
export type MarkChange = { readonly changed: readonly Mark[]; readonly removed: readonly string[] }

export type SideResult = 'normal' | 'recall'
export type Opinion = {
  readonly result: 'normal' | 'recall' | 'technical_recall'
  readonly right: SideResult | null
  readonly left: SideResult | null
  /** The views to be taken again, of a technical recall. */
  readonly views: readonly string[]
  readonly comment: string
}

/** A reading before the report; whose it is, nobody is told. */
export type BlindReading = {
  readonly role: 'author' | 'second' | 'arbiter'
  readonly mine: boolean
  readonly withdrawn: boolean
  readonly broken: boolean
  readonly content: Content
  readonly signed_at: string
}

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

/** What a check of the server found in a report; `start` and `end` count characters, not UTF-16 units. */
export type CheckFinding = {
  readonly check:
    | 'template_blank'
    | 'impression_without_findings'
    | 'side_against_order'
    | 'side_besides_order'
    | 'side_differs_in_report'
    | 'side_of_images_differs'
    | 'organ_against_sex'
    | 'number_without_unit'
    | 'priors_unknown'
    | 'normal_words_under_positive'
    | 'abnormal_words_under_negative'
    | 'critical_words_without_flag'
  readonly severity: 'stops' | 'warns'
  /** The text in which it lies; null where it is about no place. */
  readonly part: 'findings' | 'impression' | 'recommendation' | null
  readonly start: number
  readonly end: number
  readonly words: string
}

/** A character that no font of the printed sheet has, and what stands for it there. */
export type Unprintable = { readonly character: string; readonly printed: string }

export type CriticalAlert = {
  readonly id: string
  readonly class: string
  /** What the class is called, in the person's language. */
  readonly name: string
  readonly raised_at: string
  /** The first deadline, which stays as it climbs. */
  readonly due_at: string
  /** Who was told, in their order. */
  readonly told: readonly string[]
  readonly acknowledged_by: string | null
  readonly acknowledged_at: string | null
  readonly disposed_at: string | null
}

/** A class of results that the site's list has. */
export type CriticalClass = {
  readonly code: string
  readonly name: string
  /** Within which the site has to acknowledge. */
  readonly minutes: number
  /** Whether it is expected in such an examination. */
  readonly fits: boolean
}

export type StudyOfCase = {
  readonly study_uid: string
  readonly study_date: string | null
  readonly description: string
  readonly modality: string
  readonly accession_number: string
  readonly instances: number
}

export type Case = {
  readonly id: string
  readonly state: CaseState
  readonly tier: 'county' | 'neighbour' | 'city'
  readonly step: Step
  readonly arriving: boolean
  readonly priority: Priority
  readonly modality: string
  readonly body_part: string
  readonly laterality: string
  readonly site: { readonly code: string; readonly name: string }
  readonly patient: {
    readonly name: string
    /** How the device wrote it, where that differs from the registered name; else empty. */
    readonly name_in_images: string
    readonly sex: string
    readonly birth_date: string | null
    readonly age: number | string | null
  }
  readonly studies: readonly StudyOfCase[]
  readonly images: {
    readonly arrived: number
    readonly expected: number | null
    /** Acknowledged to the device, and waiting for a decision: no picture shows them. */
    readonly held: number
    /** Whether all have come and can be seen. */
    readonly complete: boolean
  }
  readonly examined_at: string
  /** What the device wrote as its date, where that cannot be and the time of receipt counts; else empty. */
  readonly examined_doubt: string
  readonly received_at: string
  readonly due_at: string
  readonly overdue: boolean
  readonly holder: {
    readonly name: string
    readonly mine: boolean
    readonly expires_at: string
    readonly parked: boolean
  } | null
  /** Whom it is assigned to, and until when it waits for nobody else. */
  readonly waits_for: { readonly name: string; readonly mine: boolean; readonly until: string } | null
  /** What its reader has to have, until half of its time is over. */
  readonly skills: readonly string[]
  /** Nobody on duty has these skills. */
  readonly lacks_skill: boolean
  readonly critical: CriticalAlert | null
  /** The organisation whose attendings countersign the report of a resident; empty: none has to. */
  readonly countersign: string
  /** Images came after the report: they wait for a word from a reader. */
  readonly follow_up: FollowUp | null
  /** What comparing the images with the person says; `differs`: whose they are is not confirmed. */
  readonly identity: 'unchecked' | 'silent' | 'agrees' | 'differs' | 'confirmed'
  readonly prior_count: number
  readonly review: 'before_release' | 'after_release' | null
  readonly rule: {
    readonly name: string
    /** Of the policy that the case was opened under. */
    readonly version: number
    readonly needs_verifier: boolean
    readonly review: string | null
  }
  readonly revision: number
}

export type FollowUp = {
  readonly opened_at: string
  readonly due_at: string
  readonly revision: number
  readonly holder: { readonly name: string; readonly mine: boolean; readonly expires_at: string } | null
}

export type OnDuty = {
  readonly name: string
  readonly step: Step
  readonly until: string
  readonly mine: boolean
  readonly available: boolean
}

/** A number that is counted no further than somebody reads. */
export type Counted = { readonly n: number; readonly more: boolean }

/** What stands beside the list of the selected case. */
export type Preview = {
  readonly request: CaseDetail['request']
  /** The last move that somebody gave a reason for. */
  readonly why: { readonly move: string; readonly words: string } | null
  readonly priors: readonly Pick<Case, 'id' | 'examined_at' | 'modality' | 'body_part' | 'laterality' | 'state'>[]
  /** Whose picture stands for the case; empty where it has none. */
  readonly study_uid: string
}

export type CasePage = {
  readonly items: readonly Case[]
  readonly total: number
  /** There are more than `total`. */
  readonly more: boolean
  /** By tab, those that were asked for. */
  readonly counts: Readonly<Record<string, Counted>>
  readonly page: number
  readonly size: number
  /** What this person put aside, whatever is asked for. */
  readonly parked: readonly Case[]
  /** Who is in a slot now where this person reads; nobody where no roster is kept. */
  readonly on_duty: readonly OnDuty[]
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

/** An image that says it is of somebody else than the case. */
export type OtherPerson = {
  readonly instance_uid: string
  readonly series_uid: string
  readonly name: string
  readonly sex: string
  readonly birth_date: string
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

export type Allowed =
  | 'claim'
  | 'renew'
  | 'put-back'
  | 'park'
  | 'save'
  | 'sign'
  | 'finalise'
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
  | 'addendum'
  | 'follow-up'
  | 'no-change'
  | 'print'
  | 'consult'
  | 'refer'

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
  /** Those that the person may see. */
  readonly readings: readonly BlindReading[]
  readonly priors: readonly Prior[]
  readonly image_set: string
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
}

export type ReviewOutcome = 'agree' | 'amend' | 'send_back'

export type CaseMove = {
  readonly number: number
  readonly move: string
  readonly from_state: string
  readonly to_state: string
  readonly person: string | null
  readonly at: string
  readonly why: string
}
