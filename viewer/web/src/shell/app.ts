/** The shell of the reading room: who is here, which page is open, signing out, the language. */
import { html, nothing, type TemplateResult } from 'lit'
import { Client } from '../api/client'
import { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { Session } from '../api/shapes'
import { chooseLanguage, language, text } from '../language'
import { Part } from '../part'
import { ask } from './ask'
import { routeOf, signInAddress, type Route } from './route'
import { wordsFor } from './trouble'
import './notices'
import '../worklist/worklist'
import '../desk/desk'

/** Questions wait in a list and ring nowhere: a count in the bar is enough. */
const COUNT_EVERY_MS = 60_000

class App extends Part {
  private readonly client = new Client(
    (input, init) => window.fetch(input, init),
    () => void this.signedOut(),
  )
  private readonly office = new Office(this.client)
  private session: Session | undefined
  private failure: string | undefined
  private route: Route = routeOf(window.location.hash)
  private askingToSignIn = false
  private questions = 0
  private counting: ReturnType<typeof setInterval> | undefined

  private readonly follow = (): void => {
    this.route = routeOf(window.location.hash)
    this.requestUpdate()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener('hashchange', this.follow)
    this.counting = setInterval(() => void this.count(), COUNT_EVERY_MS)
    void this.enter()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('hashchange', this.follow)
    clearInterval(this.counting)
  }

  private async enter(): Promise<void> {
    this.failure = undefined
    try {
      const session = await this.office.session()
      if (session.must_change_password) return this.leaveFor(signInAddress(here()))
      this.session = session
      void this.count()
    } catch (error) {
      if (error instanceof Problem && error.slug === 'signed-out') return
      this.failure = wordsFor(error)
    }
    this.requestUpdate()
  }

  private async count(): Promise<void> {
    if (!this.session || document.hidden) return
    try {
      this.questions = await this.office.questionsWaiting()
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      return // the next look tells
    }
    this.requestUpdate()
  }

  /** On the worklist nothing is lost by going; at the desk the text stays on the screen while another tab signs in. */
  private async signedOut(): Promise<void> {
    if (this.route.page === 'worklist' || !this.session) return this.leaveFor(signInAddress(here()))
    if (this.askingToSignIn) return
    this.askingToSignIn = true
    await ask({
      title: text('common.signed-out'),
      words: html`<p>${text('common.signed-out-desk')}</p>
        <p><a href=${signInAddress('/')} target="_blank" rel="noopener">${text('common.sign-in-other-tab')}</a></p>`,
      confirm: text('common.go-on'),
    })
    this.askingToSignIn = false
  }

  private leaveFor(address: string): void {
    window.location.assign(address)
  }

  private async signOut(): Promise<void> {
    try {
      await this.office.signOut()
      this.leaveFor('/sign-in')
    } catch (error) {
      this.failure = wordsFor(error)
      this.requestUpdate()
    }
  }

  override render(): TemplateResult {
    return html`<a class="skip" href="#main" @click=${skipToMain}>${text('page.skip')}</a>
      ${this.header()}
      <main id="main" tabindex="-1" class=${this.route.page}>${this.page()}</main>
      <tierread-notices></tierread-notices>`
  }

  private header(): TemplateResult {
    return html`<header class="shell">
      <a class="brand" href="#/">${text('brand')}</a>
      ${this.session ? html`<span class="place soft">${this.session.grants[0]?.organisation.name}</span>` : nothing}
      <span class="push"></span>
      ${this.session ? html`<a href="/alerts">${text('alerts.board')}</a>` : nothing}
      ${this.session ? html`<a href="/questions">${text('question.title')}${this.questions ? html` <span class="count">${this.questions}</span>` : nothing}</a>` : nothing}
      ${this.session ? html`<a href="/consultations">${text('consultation.navigation')}</a>` : nothing}
      ${this.session ? html`<a href="/referrals">${text('referral.navigation')}</a>` : nothing}
      ${this.session ? html`<a href="/reports">${text('search.navigation')}</a>` : nothing}
      ${this.reads() ? html`<a href="/learning">${text('learning.navigation')}</a>` : nothing}
      ${this.seesQueue() ? html`<a href="/office/queue">${text('queue.title')}</a>` : nothing}
      ${this.looksAfterQuality() ? html`<a href="/quality">${text('quality.navigation')}</a>` : nothing}
      <button
        class="quiet"
        lang=${language() === 'zh' ? 'en' : 'zh-CN'}
        @click=${() => chooseLanguage(language() === 'zh' ? 'en' : 'zh')}
      >
        ${language() === 'zh' ? text('language.en') : text('language.zh')}
      </button>
      ${
        this.session
          ? html`<span class="person"
                >${this.session.person.name} <span class="soft">${this.session.person.title}</span></span
              >
              <button class="quiet" @click=${() => void this.signOut()}>${text('sign-out')}</button>`
          : nothing
      }
    </header>`
  }

  private reads(): boolean {
    return this.session?.grants.some((grant) => ['reader', 'verifier', 'reviewer'].includes(grant.role)) ?? false
  }

  private seesQueue(): boolean {
    return this.session?.grants.some((grant) => ['quality_manager', 'reviewer'].includes(grant.role)) ?? false
  }

  private looksAfterQuality(): boolean {
    return this.session?.grants.some((grant) => grant.role === 'quality_manager') ?? false
  }

  private page(): TemplateResult {
    if (this.failure)
      return html`<div class="note danger" role="alert">
        <p>${this.failure}</p>
        <button @click=${() => void this.enter()}>${text('common.try-again')}</button>
      </div>`
    if (!this.session) return html`<p class="waiting" role="status">${text('common.loading')}</p>`
    if (this.route.page === 'desk')
      return html`<tierread-desk
        .office=${this.office}
        .client=${this.client}
        .caseId=${this.route.caseId}
      ></tierread-desk>`
    return html`<tierread-worklist .office=${this.office} .session=${this.session}></tierread-worklist>`
  }
}
customElements.define('tierread-app', App)

const here = (): string => `${window.location.pathname}${window.location.hash}`

function skipToMain(event: Event): void {
  event.preventDefault() // the address behind # is the route
  document.getElementById('main')?.focus()
}
