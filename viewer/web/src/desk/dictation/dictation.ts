/** The button that writes down what somebody says: records, sends, and hands the words over; where the region has a speech service. */
import { html, nothing, type TemplateResult } from 'lit'
import { Problem, Unreachable } from '../../api/problem'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import { Part } from '../../part'
import { wordsFor } from '../../shell/trouble'
import type { Writing } from '../writing'
import type { Recorder } from './recorder'

/** The longest recording, in seconds: what a request may hold (viewer/api/dictation.py). */
const MOST_S = { opus: 120, wav: 30 } as const
/** After so long somebody is told that it takes longer than usual. */
const SLOW_MS = 8_000

type State =
  | { readonly kind: 'idle' | 'asking' }
  | { readonly kind: 'recording'; readonly recorder: Recorder; readonly since: number }
  | { readonly kind: 'sending'; readonly recorded: Blob; readonly isSlow: boolean }
  /** `recorded`: what may be sent once more. */
  | { readonly kind: 'failed'; readonly words: string; readonly recorded: Blob | undefined }

const IDLE: State = { kind: 'idle' }

/** Tells `dictated` with the words. */
export class Dictation extends Part {
  static override properties = { writing: { attribute: false } }
  declare writing: Writing

  private state: State = IDLE
  /** Another one with each press: what comes later is of an earlier one. */
  private asked = 0
  private clock: ReturnType<typeof setInterval> | undefined

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.drop()
  }

  /** Begins, or ends what was begun. */
  press(): void {
    const { state } = this
    if (state.kind === 'idle' || state.kind === 'failed') void this.begin()
    if (state.kind === 'recording') void this.end(state.recorder)
  }

  private become(state: State): void {
    this.state = state
    this.requestUpdate()
  }

  private drop(): void {
    this.asked++
    clearInterval(this.clock)
    if (this.state.kind === 'recording') this.state.recorder.drop()
    this.become(IDLE)
  }

  private async begin(): Promise<void> {
    const asked = ++this.asked
    this.become({ kind: 'asking' })
    try {
      const { Recorder: Microphone } = await import('./recorder')
      const recorder = await Microphone.begin()
      if (asked !== this.asked) return recorder.drop()
      this.become({ kind: 'recording', recorder, since: Date.now() })
      this.clock = setInterval(() => this.tick(), 250)
    } catch (error) {
      if (asked === this.asked) this.become({ kind: 'failed', words: whyNotHeard(error), recorded: undefined })
    }
  }

  private tick(): void {
    const { state } = this
    if (state.kind !== 'recording') return
    if (secondsOf(state.since) >= this.most) void this.end(state.recorder)
    this.requestUpdate()
  }

  private get most(): number {
    return MOST_S[this.writing.dictation ?? 'opus']
  }

  private async end(recorder: Recorder): Promise<void> {
    clearInterval(this.clock)
    const asked = ++this.asked
    this.become({ kind: 'asking' })
    const recorded = await recorder.end(this.writing.dictation ?? 'opus')
    if (asked === this.asked) await this.send(recorded)
  }

  private async send(recorded: Blob): Promise<void> {
    const asked = ++this.asked
    this.become({ kind: 'sending', recorded, isSlow: false })
    const slow = setTimeout(() => {
      if (asked === this.asked) this.become({ kind: 'sending', recorded, isSlow: true })
    }, SLOW_MS)
    try {
      const words = await this.writing.hear(recorded)
      if (asked !== this.asked) return
      this.become(IDLE)
      this.tell<string>('dictated', words)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked === this.asked) this.become({ kind: 'failed', words: wordsFor(error), recorded })
    } finally {
      clearTimeout(slow)
    }
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.writing.dictation) return nothing
    const { state } = this
    const drop = html`<button type="button" class="quiet" @click=${() => this.drop()}>
      ${text('dictation.drop')}
    </button>`
    if (state.kind === 'recording')
      return html`<button type="button" class="recording" @click=${() => this.press()}>
          <i aria-hidden="true"></i>${text('dictation.end', { n: secondsOf(state.since), most: this.most })}
        </button>
        ${drop}`
    if (state.kind === 'asking') return html`<span role="status">${text('dictation.asking')}</span> ${drop}`
    if (state.kind === 'sending')
      return html`<span role="status">${text(state.isSlow ? 'dictation.slow' : 'dictation.sending')}</span> ${drop}`
    return html`<button type="button" @click=${() => this.press()}>
        ${withKey(text('dictation.begin'), 'dictate')}
      </button>
      ${state.kind === 'failed' ? this.failed(state) : nothing}`
  }

  private failed({ words, recorded }: Extract<State, { kind: 'failed' }>): TemplateResult {
    return html`<span class="error" role="alert">${words}</span>
      ${
        recorded
          ? html`<button type="button" class="quiet" @click=${() => void this.send(recorded)}>
              ${text('dictation.again')}
            </button>`
          : nothing
      }
      <button type="button" class="quiet" @click=${() => this.drop()}>${text('dictation.dismiss')}</button>`
  }
}
customElements.define('tierread-dictation', Dictation)

const secondsOf = (since: number): number => Math.floor((Date.now() - since) / 1000)

/** As getUserMedia says it (W3C Media Capture 10.2.7); everything else is a mistake of ours. */
function whyNotHeard(error: unknown): string {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return text('dictation.not-allowed')
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return text('dictation.no-microphone')
  if (name === 'NotReadableError' || name === 'AbortError') return text('dictation.microphone-busy')
  if (navigator.mediaDevices === undefined) return text('dictation.not-here')
  throw error
}
