/**
 * What the window with the case and the window with pictures alone say to each other, on a channel of their own: each first
 * window has one second one. Everything stays in this browser, between windows of one origin.
 */
import type { OtherPerson, Prior } from '../api/case-detail'
import type { Mark, MarkChange } from '../api/marks'
import type { Point } from '../images/layout/planes'
import type { Drawn } from '../images/shown-series'
import type { Window } from '../images/window-level'

/** Of an earlier case that it can be found by; its report stays where it is read. */
export type ToldPrior = Pick<Prior, 'case_id' | 'study_uids' | 'examined_at' | 'modality' | 'body_part'>

/** All that the second window needs of a case; it asks the server for pictures alone. */
export type ToldCase = {
  readonly caseId: string
  readonly studies: readonly string[]
  readonly imageSet: string
  readonly digests: Readonly<Record<string, string>>
  readonly toSee: Readonly<Record<string, number>>
  readonly documents: readonly string[]
  readonly otherPersons: readonly OtherPerson[]
  readonly priors: readonly ToldPrior[]
  readonly marks: readonly Mark[]
  /** In words, for the title of the window: whose it is stands on the pictures. */
  readonly examination: string
}

/** Where the active cell of a window stands. */
export type Place = {
  readonly frameOfReference: string
  /** The middle of the first pixel, in mm of the patient, and the direction across the slices. */
  readonly origin: Point
  readonly normal: Point
}

/** What either may say. */
export type OfBoth =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'window'; readonly modality: string; readonly window: Window }
  | { readonly kind: 'drawn'; readonly caseId: string; readonly imageSet: string; readonly drawn: readonly Drawn[] }

/** Of first windows to each other: a tab that is duplicated takes the id of the first one with it. */
export type OfFirsts =
  /** This page begins to speak as the first window of the channel. */
  | { readonly kind: 'first'; readonly page: string }
  /** Another page is that already: the named one goes elsewhere. */
  | { readonly kind: 'taken'; readonly page: string }

/** Of the window with the case. */
export type OfFirst =
  | OfBoth
  | OfFirsts
  /** Whoever spoke here besides speaks elsewhere now: what it told is not of this case. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'case'; readonly person: string; readonly now: ToldCase; readonly drawn: readonly Drawn[] }
  /** No case is open. */
  | { readonly kind: 'none' }
  /** The session ended, or whoever was there is not. */
  | { readonly kind: 'lock' }
  /** Nothing is new. */
  | { readonly kind: 'here' }

/** Of the window with pictures. */
export type OfSecond =
  | OfBoth
  /** Every few seconds; it asks for all where it knows nothing. */
  | { readonly kind: 'hello'; readonly asks: boolean }
  | { readonly kind: 'marks'; readonly caseId: string; readonly change: MarkChange }
  | { readonly kind: 'key'; readonly caseId: string; readonly picture: KeyPicture }
  /** Somebody has a hand on it: they are there. */
  | { readonly kind: 'stir' }
  | { readonly kind: 'closed' }

export type KeyPicture = Pick<Mark, 'study_uid' | 'series_uid' | 'instance_uid' | 'frame'>

export const channelOf = (id: string): string => `tierread-beside-${id}`
