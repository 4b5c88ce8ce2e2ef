/** What the keys of the desk do to its case. */
import { keys } from '../keys/keys'
import { showKeys } from '../keys/keys-dialog'
import { text } from '../language'
import { notify } from '../shell/notices'
import type { Decisions } from './decisions'
import { withOutcome, withScore } from './judgement'
import { whyRefused, type DeskPlace } from './key-refusals'
import { deskCommandOf, takesText, type DeskCommand } from './shortcuts'
import type { Work } from './work'

export type Hand = {
  readonly work: Work | undefined
  readonly decisions: Decisions | undefined
  has(place: DeskPlace): boolean
  decide(): void
  toggleKey(): void
  goToFindings(): void
  dictate(): void
  goToTemplate(): void
  openMore(): void
  /** What was judged stands in the form, which has to be seen. */
  onJudged(): void
}

/** Never in a dialog, in a text with Ctrl alone, and once for each press: a key that is held acts no second time. */
export function obeyKey(event: KeyboardEvent, hand: Hand): void {
  const target = event.target as HTMLElement
  if (target.closest('dialog')) return
  const command = deskCommandOf(event, takesText(target))
  if (!command) return
  event.preventDefault()
  if (!keys.isHeld(event)) obey(command, hand)
}

function obey(command: DeskCommand, hand: Hand): void {
  const { decisions, work } = hand
  const why = work?.detail && whyRefused(command, { work, has: (place) => hand.has(place) })
  if (why) return notify('warning', text(why))
  if (command.kind === 'help') showKeys('desk')
  if (command.kind === 'save') void work?.forms.settle()
  if (command.kind === 'decide') hand.decide()
  if (command.kind === 'park') void decisions?.park()
  if (command.kind === 'critical') void decisions?.critical()
  if (command.kind === 'key') hand.toggleKey()
  if (command.kind === 'findings') hand.goToFindings()
  if (command.kind === 'dictate') hand.dictate()
  if (command.kind === 'template') hand.goToTemplate()
  if (command.kind === 'more') hand.openMore()
  if (command.kind === 'outcome' || command.kind === 'score') judge(command, hand)
}

/** By a key; what they judged stands in the form until they decide. */
function judge(command: Extract<DeskCommand, { kind: 'outcome' | 'score' }>, { work, onJudged }: Hand): void {
  if (!work) return
  const { judgement } = work.forms
  work.forms.judge(
    command.kind === 'score' ? withScore(judgement, command.score) : withOutcome(judgement, command.outcome),
  )
  onJudged()
}
