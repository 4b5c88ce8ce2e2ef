/** The window with pictures alone: it follows the case of the first one, claims nothing, has no form, and locks with it. */
import { html, type TemplateResult } from 'lit'
import { keyed } from 'lit/directives/keyed.js'
import type { Client } from '../api/client'
import type { MarkChange } from '../api/marks'
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import { examinationOf } from '../case-words'
import { deskCommandOf, takesText } from '../desk/shortcuts'
import { keys } from '../keys/keys'
import { ShownSeries, type Drawn } from '../images/shown-series'
import '../images/image-panel'
import type { ImagePanel } from '../images/image-panel'
import type { OwnSettings } from '../keeping/settings'
import { day, text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { wordsFor } from '../shell/trouble'
import { Linked } from './linked'
import { channelOf, type OfFirst, type OfSecond, type ToldCase } from './messages'
import { keepPlace } from './opening'
import { ownGrids } from './own-grids'

const HELLO_MS = 3_000
/** So long without a word the first window is gone. */
const SILENT_MS = 10_000
const STIR_MS = 10_000

export class SecondWindow extends Part {
  static override properties = {
    client: { attribute: false },
    office: { attribute: false },
    settings: { attribute: false },
    person: {},
    windowId: {},
  }
  declare client: Client
  declare office: Office
  declare settings: OwnSettings
  /** Who is signed in. */
  declare person: string
  /** Of the first window. */
  declare windowId: string

  private now: ToldCase | undefined
  private shown = new ShownSeries()
  /** The earlier case that is looked at; empty for the case itself, undefined where nobody has chosen. */
  private chosen: string | undefined
  private locked = false
  private heardAt = Date.now()
  private stirredAt = 0
  private channel: BroadcastChannel | undefined
  private attached: AbortController | undefined
  private unsaid: Drawn[] = []
  private readonly linked = new Linked(
    () => this.panel,
    (said) => this.post(said),
  )

  override connectedCallback(): void {
    super.connectedCallback()
    const { signal } = (this.attached = new AbortController())
    this.channel = new BroadcastChannel(channelOf(this.windowId))
    this.channel.onmessage = ({ data }: MessageEvent<OfFirst>) => this.hear(data)
    const beat = setInterval(() => this.beat(), HELLO_MS)
    signal.addEventListener('abort', () => clearInterval(beat))
    window.addEventListener('pagehide', this.leave, { signal })
    document.addEventListener('keydown', this.key, { signal })
    for (const hand of ['pointerdown', 'keydown', 'wheel'])
      document.addEventListener(hand, this.stir, { capture: true, passive: true, signal })
    // As the bar of alerts says it, which asks for itself.
    document.addEventListener('tierread-locked', (event) => this.locks(event as CustomEvent<{ over?: boolean }>), {
      signal,
    })
    this.linked.start(signal)
    this.post({ kind: 'hello', asks: true })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.attached?.abort()
    this.channel?.close()
  }

  /** The session has ended: what names a patient leaves the screen. */
  lock(): void {
    this.drop()
    this.locked = true
    this.requestUpdate()
  }

  private locks({ detail }: CustomEvent<{ over?: boolean }>): void {
    if (detail.over && !this.locked) this.lock()
  }

  private drop(): void {
    this.now = undefined
    this.chosen = undefined
    this.requestUpdate()
  }

  private async unlock(): Promise<void> {
    try {
      const { person } = await this.office.session()
      if (person.id !== this.person) return window.location.reload()
      this.locked = false
      this.post({ kind: 'hello', asks: true })
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (!(error instanceof Problem && error.slug === 'signed-out')) notify('danger', wordsFor(error))
    }
    this.requestUpdate()
  }

  private beat(): void {
    keepPlace()
    if (this.now && Date.now() - this.heardAt > SILENT_MS) this.drop()
    if (!this.locked) this.post({ kind: 'hello', asks: this.now === undefined })
  }

  private hear(said: OfFirst): void {
    this.heardAt = Date.now()
    if (said.kind === 'lock') return this.lock()
    if (this.locked) return
    if (said.kind === 'none' || said.kind === 'moved') this.drop()
    if (said.kind === 'moved') return this.post({ kind: 'hello', asks: true })
    if (said.kind === 'case' && said.person === this.person) this.take(said.now, said.drawn)
    if (said.kind === 'drawn' && this.isOf(said)) this.shown.take(said.drawn)
    if (said.kind === 'place' || said.kind === 'window') this.linked.follow(said)
    this.panel?.requestUpdate()
  }

  /** What was drawn of other images of the case was not drawn of these. */
  private isOf({ caseId, imageSet }: Pick<ToldCase, 'caseId' | 'imageSet'>): boolean {
    return caseId === this.now?.caseId && imageSet === this.now.imageSet
  }

  private take(now: ToldCase, drawn: readonly Drawn[]): void {
    const [isSame, isNewSet] = [now.caseId === this.now?.caseId, !this.isOf(now)]
    if (!isSame) {
      this.chosen = undefined
      this.shown = new ShownSeries((one) => this.note(one))
    }
    this.now = now
    this.shown.hold(now.digests, now.toSee)
    this.shown.take(drawn)
    if (isSame && isNewSet) this.tellDrawn(this.shown.drawn)
    this.requestUpdate()
  }

  /** What it shows, and never whose it is: titles stand in the bars and histories of a machine. */
  protected override updated(): void {
    const what = [text('beside.title'), this.now?.examination, text('brand')]
    document.title = what.filter(Boolean).join(' · ')
  }

  /** What was seen here counts as seen; of many at once one word is said. */
  private note(drawn: Drawn): void {
    if (this.unsaid.push(drawn) > 1) return
    queueMicrotask(() => this.tellDrawn(this.unsaid.splice(0)))
  }

  private tellDrawn(drawn: readonly Drawn[]): void {
    if (this.now) this.post({ kind: 'drawn', caseId: this.now.caseId, imageSet: this.now.imageSet, drawn })
  }

  private readonly leave = (): void => {
    keepPlace()
    this.post({ kind: 'closed' })
  }

  private readonly stir = (): void => {
    if (Date.now() - this.stirredAt < STIR_MS) return
    this.stirredAt = Date.now()
    this.post({ kind: 'stir' })
  }

  private readonly key = (event: KeyboardEvent): void => {
    const { now, panel } = this
    if (deskCommandOf(event, takesText(event.target as HTMLElement))?.kind !== 'key' || !now || !panel) return
    event.preventDefault()
    if (keys.isHeld(event) || panel.isRefused('key')) return
    const { picture } = panel.places
    if (picture) this.post({ kind: 'key', caseId: now.caseId, picture })
  }

  private post(said: OfSecond): void {
    this.channel?.postMessage(said)
  }

  private get panel(): ImagePanel | null {
    return this.querySelector<ImagePanel>('tierread-images')
  }

  override render(): TemplateResult {
    const { now } = this
    if (this.locked)
      return html`<div class="empty" role="status">
        <h1>${text('beside.locked')}</h1>
        <p class="soft">${text('beside.locked-advice')}</p>
        <button class="primary" @click=${() => void this.unlock()}>${text('common.go-on')}</button>
      </div>`
    if (!now)
      return html`<div class="empty" role="status">
        <h1>${text('beside.title')}</h1>
        <p class="soft">${text('beside.waiting')}</p>
      </div>`
    return this.pictures(now)
  }

  /** The nearest earlier case stands here, if the person chose nothing else; without one the case itself. */
  private pictures(now: ToldCase): TemplateResult {
    const withPictures = now.priors.filter(({ study_uids }) => study_uids.length > 0)
    const chosen = this.chosen ?? withPictures[0]?.case_id ?? ''
    const prior = withPictures.find(({ case_id }) => case_id === chosen)
    const choice = (value: string, words: string): TemplateResult =>
      html`<option value=${value} ?selected=${value === (prior?.case_id ?? '')}>${words}</option>`
    return html`<header class="beside-top dark">
        <h1>${text('beside.title')}</h1>
        <label class="hidden-to-eyes" for="beside-shows">${text('beside.shows')}</label>
        <select
          id="beside-shows"
          @change=${(event: Event) => {
            this.chosen = (event.target as HTMLSelectElement).value
            this.requestUpdate()
          }}
        >
          ${choice('', text('beside.present', { examination: now.examination }))}
          ${withPictures.map((one) => choice(one.case_id, `${day(one.examined_at)} · ${examinationOf(one)}`))}
        </select>
      </header>
      <section class="images dark" aria-label=${text('desk.images')} @cell-view=${() => this.linked.viewed()}>
        ${keyed(
          `${now.caseId} ${prior?.case_id ?? ''}`,
          html`<tierread-images
            .client=${this.client}
            .settings=${ownGrids(this.settings)}
            .studies=${prior ? prior.study_uids : now.studies}
            .earlierOf=${prior?.examined_at}
            .imageSet=${prior ? prior.case_id : now.imageSet}
            .shown=${prior ? undefined : this.shown}
            .toSee=${prior ? undefined : now.toSee}
            .documents=${prior ? undefined : now.documents}
            .otherPersons=${prior ? [] : now.otherPersons}
            .marks=${now.marks}
            .beside=${'second'}
            @marks-changed=${({ detail: change }: CustomEvent<MarkChange>) =>
              this.post({ kind: 'marks', caseId: now.caseId, change })}
          ></tierread-images>`,
        )}
      </section> `
  }
}
customElements.define('tierread-beside', SecondWindow)
