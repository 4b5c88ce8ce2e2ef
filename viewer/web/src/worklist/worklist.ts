/** The worklist: what waits, for whom, until when. What is new is told, and nothing moves under the hands of whoever reads it. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Tagged } from '../api/client'
import type { Office } from '../api/office'
import type { Case } from '../api/case'
import type { Session } from '../api/session'
import type { CasePage } from '../api/worklist'
import { offerToPark, parkedView } from '../desk/parking'
import type { OwnSettings } from '../keeping/settings'
import { keys, shownKey } from '../keys/keys'
import { clock, text } from '../language'
import { Part } from '../part'
import { notify } from '../shell/notices'
import { caseAddress, routeOf } from '../shell/route'
import { wordsFor } from '../shell/trouble'
import { choicesOf, choose, stateOf, type Choices, type Kept } from './choices'
import { dutyView } from './duty'
import { listBody } from './list-body'
import { ListFeed } from './list-feed'
import { pressed, stepRow, type ListHand } from './list-keys'
import { addressOfList, comeBack, leave, listOfAddress, sortedBy, startOf, type ListState } from './list-state'
import { listTools } from './list-tools'
import { Pulse } from './pulse'
import { tabBar } from './tab-bar'
import { tabsFor, takesCases, type Tab, type TabName } from './tabs'

const PAGE_SIZE = 50
/** The clocks of the rows go on without the server. */
const CLOCKS_MS = 15_000
/** So long without a hand on mouse or keys, at the top of the list, nobody is reading a row. */
const IDLE_MS = 5_000
const TOP_PX = 80

class Worklist extends Part {
  static override properties = {
    office: { attribute: false },
    session: { attribute: false },
    settings: { attribute: false },
  }
  declare office: Office
  declare session: Session
  declare settings: OwnSettings

  private list: ListState = startOf('all')
  private choices: Choices | undefined
  private taking = false
  private selected: string | undefined
  /** How far down the list was when they left it; undefined once they are there again. */
  private returnTo: number | undefined
  private busy_at = 0
  private typing: ReturnType<typeof setTimeout> | undefined
  /** The list that was asked for last, on its way or there. */
  private asked: Promise<void> = Promise.resolve()
  private clocks: ReturnType<typeof setInterval> | undefined
  private attached: AbortController | undefined
  private readonly feed = new ListFeed({
    fetch: (known) => this.fetch(known),
    isCalm: () => this.isCalm,
    changed: () => this.requestUpdate(),
  })
  private readonly pulse = new Pulse({
    pulse: () => this.office.pulse(),
    refresh: () => this.feed.refresh('by itself'),
  })

  override connectedCallback(): void {
    super.connectedCallback()
    this.clocks = setInterval(() => this.requestUpdate(), CLOCKS_MS)
    document.addEventListener('keydown', this.key)
    document.addEventListener('pointermove', this.busy)
    window.addEventListener('hashchange', this.follow)
    this.pulse.start()
    this.attached = new AbortController()
    this.settings.watch(this.take, this.attached.signal)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.attached?.abort()
    clearInterval(this.clocks)
    clearTimeout(this.typing)
    this.feed.forget()
    this.pulse.stop()
    document.removeEventListener('keydown', this.key)
    document.removeEventListener('pointermove', this.busy)
    window.removeEventListener('hashchange', this.follow)
    leave(this.session.person.id, { state: this.list, scroll: window.scrollY, selected: this.selected })
  }

  protected override firstUpdated(_: PropertyValues): void {
    const { id } = this.session.person
    const was = comeBack(id, window.location.hash, this.tabNames)
    this.take()
    this.selected = was.selected
    this.returnTo = was.scroll
    this.go(was.state, 'same')
  }

  private readonly take = (): void => {
    this.choices = choicesOf(this.settings)
    this.requestUpdate()
  }

  private get tabs(): readonly Tab[] {
    return tabsFor(this.session)
  }

  private get tabNames(): readonly TabName[] {
    return this.tabs.map(({ name }) => name)
  }

  private get currentTab(): Tab | undefined {
    return this.tabs.find(({ name }) => name === this.list.tab)
  }

  private readonly busy = (): void => {
    this.busy_at = Date.now()
  }

  /** Somebody went to another list by its address. */
  private readonly follow = (): void => {
    const asked = listOfAddress(window.location.hash, this.tabNames)
    if (asked && addressOfList(asked) !== addressOfList(this.list)) this.go(asked)
  }

  /** Another list, unless they have just gone on to a case; `pause_ms` waits for what is still being typed. */
  private go(list: ListState, rows: 'other' | 'same' = 'other', pause_ms = 0): void {
    this.list = list
    this.feed.forget()
    if (rows === 'other' && pause_ms === 0) this.selected = undefined
    if (routeOf(window.location.hash).page === 'worklist') window.history.replaceState(null, '', addressOfList(list))
    clearTimeout(this.typing)
    this.typing = undefined
    if (pause_ms) this.typing = setTimeout(() => this.askNow(), pause_ms)
    else this.askNow()
    this.requestUpdate()
  }

  private askNow(): void {
    clearTimeout(this.typing)
    this.typing = undefined
    this.asked = this.feed.refresh('asked')
  }

  /** Of what was typed last, which is asked for at once. */
  private async goToFirstRow(): Promise<void> {
    if (this.typing !== undefined) this.askNow()
    await this.asked
    await this.updateComplete
    this.querySelector<HTMLAnchorElement>('tbody a.open')?.focus()
  }

  private fetch(known: string): Promise<Tagged<CasePage> | undefined> {
    const { filters, sort, descending, page } = this.list
    const query = {
      ...filters,
      ...this.currentTab?.query,
      sort,
      descending,
      page,
      size: PAGE_SIZE,
      counts: this.tabNames,
    }
    return this.office.casesUnlessKnown(query, known)
  }

  /** At the top of the first page, with no row looked at and no hand on mouse or keys. */
  private get isCalm(): boolean {
    const idle = Date.now() - this.busy_at > IDLE_MS
    const onRow = Boolean(document.activeElement?.closest('table.cases tbody'))
    const previewed = this.choices?.preview === true && this.selected !== undefined
    return idle && window.scrollY < TOP_PX && this.list.page === 1 && !onRow && !previewed
  }

  protected override updated(): void {
    document.title = `${text('worklist.title')} · ${text('brand')}`
    if (!this.feed.cases || this.returnTo === undefined) return
    window.scrollTo(0, this.returnTo)
    this.returnTo = undefined
    if (document.activeElement === document.body) this.linkOf(this.selected)?.focus({ preventScroll: true })
  }

  private choose(change: Partial<Choices>): void {
    choose(this.settings, change)
  }

  private readonly select = (id: string): void => {
    if (this.selected === id) return
    this.selected = id
    this.requestUpdate()
  }

  private unselect(): void {
    this.linkOf(this.selected)?.blur()
    this.selected = undefined
    this.requestUpdate()
  }

  private async takeNext(): Promise<void> {
    if (this.taking) return
    this.taking = true
    this.requestUpdate()
    try {
      const taken = await this.office.claimNext(this.currentTab?.step)
      if (taken) {
        await offerToPark(this.office, taken)
        window.location.hash = caseAddress(taken.id)
      } else notify('success', text('worklist.none-waiting'))
    } catch (error) {
      notify('danger', wordsFor(error))
    }
    this.taking = false
    this.requestUpdate()
  }

  private linkOf(id: string | undefined): HTMLAnchorElement | null {
    return id ? this.querySelector<HTMLAnchorElement>(`tr[data-case="${id}"] a.open`) : null
  }

  private readonly key = (event: KeyboardEvent): void => {
    this.busy()
    if (pressed(event, this.hand)) this.requestUpdate()
  }

  private readonly hand: ListHand = {
    'take-next': () => void (takesCases(this.session) && this.takeNext()),
    'list-search': () => this.querySelector<HTMLInputElement>('#worklist-q')?.focus(),
    'first-row': () => void this.goToFirstRow(),
    'leave-search': () => this.querySelector<HTMLInputElement>('#worklist-q')?.blur(),
    'list-newer': () => this.feed.showNewer(),
    'list-preview': () => this.choose({ preview: !this.choices?.preview }),
    step: (by) => stepRow(this, this.linkOf(this.selected), by),
  }

  override render(): TemplateResult {
    const { feed } = this
    return html`<div class="worklist-head">
        <h1>${text('worklist.title')}</h1>
        <p class="soft fresh">
          ${feed.fetchedAt ? text('worklist.fresh', { at: clock(feed.fetchedAt.toISOString()) }) : nothing}
        </p>
        ${
          takesCases(this.session)
            ? html`<button class="primary" id="take-next" ?disabled=${this.taking} @click=${() => void this.takeNext()}>
                ${text('worklist.take-next')} <kbd>${shownKey(keys.keyOf('take-next'))}</kbd>
              </button>`
            : nothing
        }
      </div>
      ${parkedView(feed.cases?.parked ?? [])} ${dutyView(feed.cases?.on_duty ?? [])}
      ${tabBar({
        names: this.tabNames,
        current: this.list.tab,
        counts: feed.cases?.counts,
        onChoose: (tab) => this.go({ ...startOf(tab), filters: { ...this.list.filters, state: '' } }),
      })}
      <div id="worklist-panel" role="tabpanel" aria-labelledby="tab-${this.list.tab}">
        ${this.tools()}
        <p class="hidden-to-eyes" role="status">${feed.fresh ? text('worklist.new', { n: feed.fresh }) : nothing}</p>
        ${this.body()}
      </div>`
  }

  private tools(): TemplateResult | typeof nothing {
    const { choices, list } = this
    if (!choices) return nothing
    return listTools({
      list,
      choices,
      sites: this.feed.sites,
      withState: !this.tabSaysState,
      onFilter: (change, pause_ms) =>
        this.go({ ...list, filters: { ...list.filters, ...change }, page: 1 }, 'other', pause_ms),
      onSort: (sort) => this.go({ ...list, sort, descending: false, page: 1 }),
      onApply: (one) => this.apply(one),
      onChoose: (change) => this.choose(change),
    })
  }

  private apply(one: Kept): void {
    const state = stateOf(one, this.tabNames)
    if (state) this.go(state)
    else notify('warning', text('worklist.kept-not-yours'))
  }

  private body(): TemplateResult | typeof nothing {
    const { choices, list, feed } = this
    if (!choices) return nothing
    return listBody({
      feed,
      list,
      choices,
      selected: this.selected,
      previewed: this.selectedCase,
      office: this.office,
      filtered: this.filtered,
      opensInEmergency: this.session.rail.opens_in_emergency,
      onAgain: () => void feed.refresh('asked'),
      onNewer: () => this.showNewer(),
      onSort: (by) => this.go(sortedBy(list, by)),
      onSelect: this.select,
      onUnselect: () => this.unselect(),
      onChoose: (change) => this.choose(change),
      onTurn: (page) => {
        window.scrollTo(0, 0)
        this.go({ ...list, page })
      },
    })
  }

  private showNewer(): void {
    this.feed.showNewer()
    this.requestUpdate()
  }

  private get selectedCase(): Case | undefined {
    return this.feed.rows.find(({ item }) => item.id === this.selected)?.item
  }

  private get tabSaysState(): boolean {
    const query = this.currentTab?.query
    return query?.state !== undefined || query?.tab !== undefined
  }

  private get filtered(): boolean {
    return Object.values(this.list.filters).some((value) => value !== '')
  }
}
customElements.define('tierread-worklist', Worklist)
