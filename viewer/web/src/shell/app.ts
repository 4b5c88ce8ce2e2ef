/** The shell of the reading room: who is here, which page is open, signing out. */
import { html, nothing, type TemplateResult } from 'lit'
import { Client } from '../api/client'
import { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { Session } from '../api/session'
import { Settings } from '../keeping/settings'
import { Shelf } from '../keeping/shelf'
import { keys } from '../keys/keys'
import { text } from '../language'
import { Part } from '../part'
import { firstWindow } from '../beside/first'
import type { SecondWindow } from '../beside/second'
import { ask } from './ask'
import { frameTop, railView } from './frame'
import { addressOf, routeOf, signInAddress, type Route } from './route'
import { wordsFor } from './trouble'
import { notify } from './notices'
import { stepOfList } from '../worklist/step-of-list'
import '../worklist/worklist'
import type { Desk } from '../desk/desk'
import '../desk/desk'

/** What waits in lists rings nowhere: the counts of the rail are enough. */
const COUNT_EVERY_MS = 60_000

/** On a slow line the copies of the browser are taken after so long. */
const SETTINGS_MS = 3_000

/** The list of cases to read is no place of theirs: they opened the address of the service, or left the desk. */
const worksElsewhere = (route: Route, session: Session): boolean =>
  route.page === 'worklist' && session.rail.home !== '/'

class App extends Part {
  private readonly client = new Client(
    (input, init) => window.fetch(input, init),
    () => void this.signedOut(),
  )
  private readonly office = new Office(this.client)
  private session: Session | undefined
  private shelf: Shelf | undefined
  private settings: Settings | undefined
  private failure: string | undefined
  private route: Route = routeOf(window.location.hash)
  private askingToSignIn = false
  private railOpen = false
  private counting: ReturnType<typeof setInterval> | undefined

  private asksToLeave = false

  private readonly follow = (): void => void this.go(routeOf(window.location.hash))

  /** Another page opens; whoever leaves words behind that nobody else has is asked first. */
  private async go(route: Route): Promise<void> {
    const desk = this.querySelector<Desk>('tierread-desk')
    if (desk?.unsent) {
      window.history.replaceState(null, '', addressOf(this.route))
      if (this.asksToLeave) return
      this.asksToLeave = true
      const leaves = await desk.mayLeave()
      this.asksToLeave = false
      if (!leaves) return
      window.history.replaceState(null, '', addressOf(route))
    }
    if (this.session && worksElsewhere(route, this.session)) return this.leaveFor(this.session.rail.home)
    this.route = route
    this.openRail(false)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener('hashchange', this.follow)
    this.addEventListener('keydown', this.key)
    this.counting = setInterval(() => void this.count(), COUNT_EVERY_MS)
    void this.enter()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('hashchange', this.follow)
    this.removeEventListener('keydown', this.key)
    clearInterval(this.counting)
  }

  private async enter(): Promise<void> {
    this.failure = undefined
    try {
      const session = await this.office.session()
      if (session.must_change_password) return this.leaveFor(signInAddress(here()))
      if (worksElsewhere(this.route, session)) return this.leaveFor(session.rail.home)
      const settings = new Settings(this.office, session.person.id, (problem) => notify('danger', wordsFor(problem)))
      await Promise.race([settings.learn(), new Promise((resolve) => setTimeout(resolve, SETTINGS_MS))])
      this.settings = settings
      keys.use(settings)
      this.session = session
      if (this.route.page === 'beside') await import('../beside/second')
      else firstWindow.begin(session.person.id)
      this.shelf = new Shelf(session.person.id)
    } catch (error) {
      if (error instanceof Problem && error.slug === 'signed-out') return
      this.failure = wordsFor(error)
    }
    this.requestUpdate()
  }

  private async count(): Promise<void> {
    if (!this.session || document.hidden) return
    try {
      const session = await this.office.session()
      // Somebody else signed in on another tab: nothing here is theirs, and what was written stays for its author.
      if (session.person.id !== this.session.person.id) {
        this.lockBeside()
        return window.location.reload()
      }
      this.session = session
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      return // the next look tells
    }
    this.requestUpdate()
  }

  /** On the worklist nothing is lost by going; at the desk the text stays on the screen while another tab signs in. */
  private async signedOut(): Promise<void> {
    this.lockBeside()
    if (this.route.page === 'beside' && this.session) return
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

  /** The window beside this one shows nothing of anybody any longer, or this is that window. */
  private lockBeside(): void {
    if (this.route.page === 'beside') this.querySelector<SecondWindow>('tierread-beside')?.lock()
    else firstWindow.lock()
  }

  private leaveFor(address: string): void {
    window.location.assign(address)
  }

  private async signOut(): Promise<void> {
    const kept = (await this.shelf?.count()) ?? 0
    if (kept > 0 && !(await this.asksToDiscard(kept))) return
    try {
      await this.office.signOut()
      firstWindow.lock()
      this.querySelector<Desk>('tierread-desk')?.forget()
      await this.shelf?.clear()
      this.leaveFor('/sign-in')
    } catch (error) {
      this.failure = wordsFor(error)
      this.requestUpdate()
    }
  }

  private async asksToDiscard(kept: number): Promise<boolean> {
    const answer = await ask({
      title: text('sign-out'),
      words: text('sign-out.kept', { n: kept }),
      confirm: text('sign-out.discard'),
      danger: true,
    })
    return answer !== null
  }

  override render(): TemplateResult {
    const { session, route } = this
    if (route.page === 'beside')
      return html`<main id="main" tabindex="-1" class="beside">${this.page()}</main>
        <tierread-notices></tierread-notices>`
    return html`<a class="skip" href="#main" @click=${skipToMain}>${text('page.skip')}</a>
      ${
        session
          ? frameTop({
              session,
              railOpen: this.railOpen,
              atTheDesk: route.page === 'desk',
              onRail: () => this.openRail(!this.railOpen),
              onSignOut: () => void this.signOut(),
            })
          : nothing
      }
      <div class="frame ${route.page}">
        ${session ? railView(session, this.railOpen) : nothing}
        <main id="main" tabindex="-1" class=${route.page}>${this.page()}</main>
      </div>
      <tierread-notices></tierread-notices>`
  }

  private openRail(open: boolean): void {
    this.railOpen = open
    this.requestUpdate()
  }

  /** Escape closes the rail, and goes back to what opened it. */
  private readonly key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.railOpen) return
    this.openRail(false)
    this.querySelector<HTMLElement>('.rail-button')?.focus()
  }

  private page(): TemplateResult {
    if (this.failure)
      return html`<div class="note danger" role="alert">
        <p>${this.failure}</p>
        <button @click=${() => void this.enter()}>${text('common.try-again')}</button>
      </div>`
    if (!this.session || !this.shelf) return html`<p class="waiting" role="status">${text('common.loading')}</p>`
    if (this.route.page === 'beside')
      return html`<tierread-beside
        .office=${this.office}
        .client=${this.client}
        .settings=${this.settings}
        .person=${this.session.person.id}
        .windowId=${this.route.windowId}
      ></tierread-beside>`
    if (this.route.page === 'desk')
      return html`<tierread-desk
        .office=${this.office}
        .client=${this.client}
        .shelf=${this.shelf}
        .settings=${this.settings}
        .signer=${this.session.person}
        .caseId=${this.route.caseId}
        .opensInEmergency=${this.session.rail.opens_in_emergency}
        .nextStep=${stepOfList(this.session)}
      ></tierread-desk>`
    return html`<tierread-worklist
      .office=${this.office}
      .session=${this.session}
      .settings=${this.settings}
    ></tierread-worklist>`
  }
}
customElements.define('tierread-app', App)

const here = (): string => `${window.location.pathname}${window.location.hash}`

function skipToMain(event: Event): void {
  event.preventDefault() // the address behind # is the route
  document.getElementById('main')?.focus()
}
