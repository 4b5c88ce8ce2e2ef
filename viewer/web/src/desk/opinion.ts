/** The opinion of one of two blind readers: what it is, and what it still lacks. */
import type { Step } from '../api/case'
import type { CaseDetail } from '../api/case-detail'
import type { Content, Opinion, SideResult } from '../api/report'

export const RESULTS = ['normal', 'recall', 'technical_recall'] as const
export const SIDES = ['right', 'left'] as const
export const SIDE_RESULTS: readonly SideResult[] = ['normal', 'recall']
/** The standard views of a mammogram; others are typed. */
export const MAMMOGRAM_VIEWS = ['RCC', 'LCC', 'RMLO', 'LMLO'] as const

/** Whether the text of a step carries one: who writes it reads blind, or decides between two who did. */
export function asksOpinion(
  step: Step | undefined,
  { double_reading }: Pick<CaseDetail, 'double_reading'>,
  { critical_class }: Pick<Content, 'critical_class'>,
): boolean {
  if (step === 'second' || step === 'arbitrate') return true
  return step === 'read' && double_reading !== null && !critical_class
}

export type OpinionLack = 'result' | 'views' | 'side'

const EMPTY: Omit<Opinion, 'result'> = { right: null, left: null, views: [], comment: '' }

/** Another result takes away what belonged to the one before; the comment stays. */
export const withResult = (opinion: Opinion | null | undefined, result: Opinion['result']): Opinion => ({
  ...EMPTY,
  comment: opinion?.comment ?? '',
  result,
})

export function withView(opinion: Opinion, view: string, on: boolean): Opinion {
  const others = opinion.views.filter((each) => each !== view)
  return { ...opinion, views: on ? [...others, view].sort() : others }
}

/** Views as they are typed: apart by spaces or commas, Chinese ones too. */
export const viewsIn = (typed: string): readonly string[] => [
  ...new Set(
    typed
      .toUpperCase()
      .split(/[\s,，、]+/u)
      .filter((view) => view !== ''),
  ),
]

/** What keeps it from being signed; null where nothing does. */
export function lackOf(opinion: Opinion | null | undefined, ofBreasts: boolean): OpinionLack | null {
  if (!opinion) return 'result'
  if (opinion.result === 'technical_recall' && opinion.views.length === 0) return 'views'
  const sides = [opinion.right, opinion.left].filter((side) => side !== null)
  if (opinion.result === 'recall' && (ofBreasts || sides.length > 0) && !sides.includes('recall')) return 'side'
  return null
}
