/** What the checks of the server say of a report: asked a moment after the last keystroke, the newest answer counts. */
import { Problem, Unreachable } from '../api/problem'
import type { CaseDetail } from '../api/case-detail'
import type { CheckFinding, Content } from '../api/report'
import { traits } from '../case-words'
import { named, text } from '../language'

const PAUSE_MS = 800

export type Ask = (content: Content) => Promise<readonly CheckFinding[]>

/** `unknown` while the line is down: silence must not look like a clean report. */
export type CheckState = { readonly findings: readonly CheckFinding[]; readonly status: 'known' | 'asking' | 'unknown' }

export class CheckKeeper {
  private timer: ReturnType<typeof setTimeout> | undefined
  private asked = 0
  state: CheckState = { findings: [], status: 'asking' }

  constructor(
    private readonly ask: Ask,
    private readonly onChange: () => void,
  ) {}

  /** The text has changed. */
  edited(content: Content): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.now(content), PAUSE_MS)
  }

  /** Asks at once; what is asked before and answered later is dropped. */
  async now(content: Content): Promise<CheckState> {
    clearTimeout(this.timer)
    const number = ++this.asked
    try {
      const findings = await this.ask(content)
      if (number === this.asked) this.state = { findings, status: 'known' }
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (number === this.asked) this.state = { findings: [], status: 'unknown' }
    }
    this.onChange()
    return this.state
  }

  stop(): void {
    clearTimeout(this.timer)
    this.asked += 1
  }
}

/** The server counts characters, a text field UTF-16 units: they differ from the first rare character on. */
export function placeIn(said: string, { start, end }: Pick<CheckFinding, 'start' | 'end'>): readonly [number, number] {
  const characters = [...said]
  const units = (count: number): number => characters.slice(0, count).join('').length
  return [units(start), units(end)]
}

export const stopping = (findings: readonly CheckFinding[]): readonly CheckFinding[] =>
  findings.filter(({ severity }) => severity === 'stops')

/** The names of the warnings, each once. */
export const warnings = (findings: readonly CheckFinding[]): readonly CheckFinding['check'][] => [
  ...new Set(findings.filter(({ severity }) => severity === 'warns').map(({ check }) => check)),
]

/** That the orders name one side and the images show another. */
export const sidesDiffer = ({ order, images }: NonNullable<CaseDetail['sides_differ']>): string =>
  text('check.side_of_images_differs', { order: named('side', order), images: named('side', images) })

/** A finding as a sentence. */
export function sentenceOf({ check, words }: CheckFinding): string {
  if (check === 'person_of_images_differs') return text('identity.another', { what: traits(words.split(' ')) })
  if (check === 'side_of_images_differs') {
    const [order = '', images = ''] = words.split(' ')
    return sidesDiffer({ order, images })
  }
  return text(`check.${check}`, { words: words.length > 40 ? `${words.slice(0, 40)}…` : words })
}

/** All that one check found, as a sentence for a confirmation. */
export function confirmationOf(check: CheckFinding['check'], findings: readonly CheckFinding[]): string {
  const words = findings.filter((one) => one.check === check).map((one) => one.words)
  return sentenceOf({
    check,
    severity: 'warns',
    part: null,
    start: 0,
    end: 0,
    words: [...new Set(words)].join(' · '),
    critical_class: '',
  })
}
