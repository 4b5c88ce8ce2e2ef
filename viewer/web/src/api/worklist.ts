/** The worklist: its pages, what stands beside the selected case, and who is on duty. */
import type { Case, Step } from './case'
import type { CaseDetail } from './case-detail'

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

/** The case that somebody would be handed next, by ids alone; `earlier`: the studies of the nearest earlier one. */
export type Foreseen = {
  readonly id: string
  readonly studies: readonly string[]
  readonly earlier: readonly string[]
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
