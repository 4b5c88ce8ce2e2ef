/** The worklist: what waits, for whom, until when; fetched anew every ten seconds. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { CaseQuery, Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { CasePage, Session } from '../api/shapes'
import { clock, hour, named, text } from '../language'
import { Part } from '../part'
import { offerToPark, parkedView } from '../desk/parking'
import { notify } from '../shell/notices'
import { caseAddress } from '../shell/route'
import { emergencyHint } from '../shell/emergency'
import { wordsFor } from '../shell/trouble'
import { NO_FILTERS, filterBar, type Filters } from './filters'
import { rowOf } from './row'
import { tabsFor, takesCases, type Tab, type TabName } from './tabs'

const EVERY_MS = 10_000
const PAGE_SIZE = 50
class Worklist extends Part {
  static override properties = { office: { attribute: false }, session: { attribute: false } }
  declare office: Office
  declare session: Session

  private tab: TabName | undefined
  private filters: Filters = NO_FILTERS
  private page = 1
  private cases: CasePage | undefined
  private failure: string | undefined
  private fetchedAt: Date | undefined
  private taking = false
  private asked = 0
  private readonly sites = new Map<string, string>()
  private poll: ReturnType<typeof setInterval> | undefined
  private typing: ReturnType<typeof setTimeout> | undefined

  override connectedCallback(): void {
    super.connectedCallback()
    this.poll = setInterval(() => {
      if (!document.hidden) void this.refresh()
    }, EVERY_MS)
    document.addEventListener('visibilitychange', this.wake)
    document.addEventListener('keydown', this.key)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    clearInterval(this.poll)
    clearTimeout(this.typing)
    this.asked++
    document.removeEventListener('visibilitychange', this.wake)
    document.removeEventListener('keydown', this.key)
  }

  protected override firstUpdated(_: PropertyValues): void {
    this.tab = this.tabs[0]?.name
    void this.refresh()
  }

  private get tabs(): readonly Tab[] {
    return tabsFor(this.session)
  }

  private get currentTab(): Tab | undefined {
    return this.tabs.find((tab) => tab.name === this.tab)
  }

  private readonly wake = (): void => {
    if (!document.hidden) void this.refresh()
  }

  private async refresh(): Promise<void> {
    const asked = ++this.asked
    const query: CaseQuery = { ...filled(this.filters), ...this.currentTab?.query, page: this.page, size: PAGE_SIZE }
    try {
      const cases = await this.office.cases(query)
      if (asked !== this.asked) return // a later question is under way
      this.cases = cases
      this.failure = undefined
      this.fetchedAt = new Date()
      for (const { site } of cases.items) this.sites.set(site.code, site.name)
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked === this.asked) this.failure = wordsFor(error)
    }
    this.requestUpdate()
  }

  private choose(tab: TabName): void {
    this.tab = tab
    this.page = 1
    this.cases = undefined
    this.requestUpdate()
    void this.refresh()
  }

  private filter(change: Partial<Filters>, pause_ms: number): void {
    this.filters = { ...this.filters, ...change }
    this.page = 1
    clearTimeout(this.typing)
    this.typing = setTimeout(() => void this.refresh(), pause_ms)
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

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.altKey || event.metaKey || target.closest('input, textarea, select, dialog')) return
    const links = [...this.querySelectorAll<HTMLAnchorElement>('tbody a.open')]
    const at = links.findIndex((link) => link === document.activeElement)
    if (event.key === 'n' && takesCases(this.session)) void this.takeNext()
    else if (event.key === '/') this.querySelector<HTMLInputElement>('#worklist-q')?.focus()
    else if (event.key === 'ArrowDown' && !target.closest('[role=tablist]'))
      links[Math.min(at + 1, links.length - 1)]?.focus()
    else if (event.key === 'ArrowUp' && !target.closest('[role=tablist]')) links[Math.max(at - 1, 0)]?.focus()
    else return
    event.preventDefault()
  }

  /** Left and right within the tabs (ARIA tabs pattern). */
  private tabKey(event: KeyboardEvent): void {
    const names = this.tabs.map((tab) => tab.name)
    const at = names.indexOf(this.tab ?? 'all')
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const next = by === undefined ? undefined : names[(at + by + names.length) % names.length]
    if (!next) return
    event.preventDefault()
    this.choose(next)
    this.querySelector<HTMLElement>(`#tab-${next}`)?.focus()
  }

  override render(): TemplateResult {
    return html`<div class="worklist-head">
        <h1>${text('worklist.title')}</h1>
        <p class="soft fresh" role="status">
          ${this.fetchedAt ? text('worklist.fresh', { at: clock(this.fetchedAt.toISOString()) }) : nothing}
        </p>
        ${
          takesCases(this.session)
            ? html`<button class="primary" id="take-next" ?disabled=${this.taking} @click=${() => void this.takeNext()}>
                ${text('worklist.take-next')} <kbd>N</kbd>
              </button>`
            : nothing
        }
      </div>
      ${parkedView(this.cases?.parked ?? [])} ${this.duty()}
      <div
        class="tabs"
        role="tablist"
        aria-label=${text('worklist.title')}
        @keydown=${(event: KeyboardEvent) => this.tabKey(event)}
      >
        ${this.tabs.map(
          ({ name }) =>
            html`<button
              role="tab"
              id="tab-${name}"
              aria-selected=${name === this.tab}
              aria-controls="worklist-panel"
              tabindex=${name === this.tab ? 0 : -1}
              @click=${() => this.choose(name)}
            >
              ${text(`worklist.tab.${name}`)}${name === this.tab && this.cases ? html` <span class="count">${this.cases.total}</span>` : nothing}
            </button>`,
        )}
      </div>
      <div id="worklist-panel" role="tabpanel" aria-labelledby="tab-${this.tab ?? 'all'}">
        ${filterBar({ filters: this.filters, sites: this.sites, withState: !this.tabSaysState, onFilter: (change, pause_ms) => this.filter(change, pause_ms) })}
        ${this.list()}
      </div>`
  }

  /** Who is in a slot now where this person reads. */
  private duty(): TemplateResult | typeof nothing {
    const there = this.cases?.on_duty ?? []
    if (there.length === 0) return nothing
    return html`<p class="duty soft">
      <a href="/office/roster">${text('worklist.on-duty')}</a>
      ${there.map(
        (one) =>
          html`<span class="tag"
            >${one.mine ? text('worklist.me') : one.name} · ${named('step', one.step)} ·
            ${text('worklist.duty-until', { at: hour(one.until) })}${one.available ? nothing : html` · ${text('worklist.duty-away')}`}</span
          > `,
      )}
    </p>`
  }

  private list(): TemplateResult {
    const trouble = this.failure
      ? html`<div class="note danger" role="alert">
          <p>${this.failure}</p>
          <button @click=${() => void this.refresh()}>${text('common.try-again')}</button>
        </div>`
      : nothing
    if (!this.cases)
      return html`${trouble}${this.failure ? nothing : html`<p class="waiting" role="status">${text('common.loading')}</p>`}`
    if (this.cases.items.length === 0)
      return html`${trouble}
        <div class="card empty">
          <h2>${text('worklist.empty')}</h2>
          <p class="soft">${this.filtered ? text('worklist.empty-filtered') : text('worklist.empty-advice')}</p>
          ${emergencyHint(this.filtered && this.session.rail.opens_in_emergency)}
        </div>`
    const now = new Date()
    const heads = ['due', 'patient', 'examination', 'site', 'images', 'state', 'holder'] as const
    return html`${trouble}
      <table class="cases">
        <thead>
          <tr>
            ${heads.map((head) => html`<th scope="col">${text(`worklist.${head}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            this.cases.items,
            (item) => item.id,
            (item) => rowOf(item, now),
          )}
        </tbody>
      </table>
      ${this.pager(this.cases)}`
  }

  private get tabSaysState(): boolean {
    const query = this.currentTab?.query
    return query?.state !== undefined || query?.tab !== undefined
  }

  private get filtered(): boolean {
    return Object.values(this.filters).some((value) => value !== '')
  }

  private pager({ total, page, size }: CasePage): TemplateResult | typeof nothing {
    const pages = Math.ceil(total / size)
    if (pages <= 1) return nothing
    const turn = (to: number): void => {
      this.page = to
      void this.refresh()
    }
    return html`<nav class="pager" aria-label=${text('worklist.pages')}>
      <button ?disabled=${page <= 1} @click=${() => turn(page - 1)}>${text('worklist.previous')}</button>
      <span>${text('worklist.page-of', { page, pages })}</span>
      <button ?disabled=${page >= pages} @click=${() => turn(page + 1)}>${text('worklist.next')}</button>
    </nav>`
  }
}
customElements.define('tierread-worklist', Worklist)

const filled = (filters: Readonly<Record<string, string>>): CaseQuery =>
  Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''))
