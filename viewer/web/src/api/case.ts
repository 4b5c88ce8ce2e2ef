/** A case, as lists and the desk show it. Times are ISO 8601 with an offset. */

export type Step = 'read' | 'second' | 'arbitrate' | 'verify' | 'review'

export type CaseState =
  | 'awaiting_priors'
  | 'waiting_read'
  | 'reading'
  | 'waiting_verify'
  | 'verifying'
  | 'provisional'
  | 'waiting_second'
  | 'second_reading'
  | 'conferring'
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
  readonly read_back: string | null
  /** It was read back otherwise than it was told, and nobody who reads has answered that. */
  readonly differs: boolean
  readonly clarified_at: string | null
  /** What was agreed when somebody spoke with the site again. */
  readonly agreed: string | null
  readonly disposed_at: string | null
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
    /** The facts in which the images name somebody else altogether than whom they were joined to: name, sex, birth_date. */
    readonly differing: readonly string[]
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
  /** Whether it is joined to a registered patient. */
  readonly linked: boolean
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
