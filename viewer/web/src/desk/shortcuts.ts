/** What the keys of the desk mean for the case and its report. */
import type { ReviewOutcome } from '../api/report'
import type { DeskAct, OutcomeAct, ScoreAct } from '../keys/acts'
import { keys, type Pressed } from '../keys/keys'
import { SCORES, type Score } from './judgement'

export type DeskCommand =
  | {
      readonly kind:
        'help' | 'save' | 'decide' | 'findings' | 'dictate' | 'template' | 'park' | 'critical' | 'key' | 'more'
    }
  | { readonly kind: 'outcome'; readonly outcome: ReviewOutcome }
  | { readonly kind: 'score'; readonly score: Score }

export const outcomeAct = (outcome: ReviewOutcome): OutcomeAct => `outcome-${outcome}`
export const scoreAct = (score: Score): ScoreAct => `score-${SCORES.indexOf(score) + 1}` as ScoreAct

const COMMANDS: Readonly<Record<DeskAct, DeskCommand>> = {
  save: { kind: 'save' },
  decide: { kind: 'decide' },
  park: { kind: 'park' },
  critical: { kind: 'critical' },
  findings: { kind: 'findings' },
  dictate: { kind: 'dictate' },
  key: { kind: 'key' },
  template: { kind: 'template' },
  more: { kind: 'more' },
  help: { kind: 'help' },
  'outcome-agree': { kind: 'outcome', outcome: 'agree' },
  'outcome-amend': { kind: 'outcome', outcome: 'amend' },
  'outcome-send_back': { kind: 'outcome', outcome: 'send_back' },
  ...(Object.fromEntries(SCORES.map((score) => [scoreAct(score), { kind: 'score', score }])) as unknown as Record<
    ScoreAct,
    DeskCommand
  >),
}

/** Whether letters that are typed there are words: a tick or a round button takes none. */
export const takesText = (target: Element): boolean =>
  target.closest('textarea, select, input:not([type=radio], [type=checkbox])') !== null

/** With Ctrl it works in a text, too; the others never while somebody types. */
export function deskCommandOf(event: Pressed, inText: boolean): DeskCommand | null {
  if (inText && !event.ctrlKey && !event.metaKey) return null
  const act = keys.actOf(event)
  return act !== undefined && act in COMMANDS ? COMMANDS[act as DeskAct] : null
}
