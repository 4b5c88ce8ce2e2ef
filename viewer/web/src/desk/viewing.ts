/** What decisions and lists ask of the images on the screen. */
import type { ScreenState } from '../api/case-detail'
import type { Account } from '../images/account'

export type Viewing = {
  account(): Account | undefined
  /** Opens a series, or tries it again. */
  readonly goTo: (seriesUid: string) => void
  screen(): ScreenState
  /** Marks a series as not needed, or takes that back. */
  readonly leave: (seriesUid: string, leaves: boolean) => void
  /** Whether the rule of the case lets a series be left out. */
  mayLeave(): boolean
}
