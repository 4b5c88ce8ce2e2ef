/** The frame of all pages of staff around the reading room: the top, and the rail with what waits. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Session, Way } from '../api/session'
import { chooseLanguage, language, named, text, type TextKey } from '../language'
import { chooseTheme, otherTheme } from '../theme'

export type Top = {
  readonly session: Session
  readonly railOpen: boolean
  /** The desk needs the room for pictures: there the rail lies behind its button, and nothing is searched. */
  readonly atTheDesk: boolean
  readonly onRail: () => void
  readonly onSignOut: () => void
}

export function frameTop({ session, railOpen, atTheDesk, onRail, onSignOut }: Top): TemplateResult {
  const { rail, person } = session
  const places = rail.places.join(text('list-comma'))
  return html`<header class="shell-top ${atTheDesk ? 'narrow' : ''}">
    <button class="rail-button" type="button" aria-expanded=${railOpen} aria-controls="rail" @click=${onRail}>
      <span aria-hidden="true">☰</span> ${text('shell.menu')}
    </button>
    <a class="brand" href=${rail.home === '/' ? '#/' : rail.home}>${text('brand')}</a>
    <span class="place" title=${places}>${places}</span>
    ${
      rail.search && !atTheDesk
        ? html`<form class="shell-search" method="post" action="/sought" role="search">
            <input type="hidden" name="csrf_token" value=${session.csrf_token} />
            <input type="hidden" name="page" value=${rail.search.address} />
            <label class="hidden-to-eyes" for="shell-search">${text(rail.search.word as TextKey)}</label>
            <input
              id="shell-search"
              name="q"
              type="search"
              maxlength="64"
              autocomplete="off"
              placeholder=${text(rail.search.word as TextKey)}
            />
          </form>`
        : nothing
    }
    <details class="account folding">
      <summary>${person.name}</summary>
      <div class="account-menu" data-folds>
        <p class="soft small">${[person.title, person.username].filter(Boolean).join(' · ')}</p>
        <a href="/account">${text('account.title')}</a>
        <a href="/account/help">${text('account.help')}</a>
        <button class="quiet" lang=${language() === 'zh' ? 'en' : 'zh-CN'} @click=${otherLanguage}>
          ${language() === 'zh' ? text('language.en') : text('language.zh')}
        </button>
        <button class="quiet" @click=${() => chooseTheme(otherTheme())}>${text(`theme.${otherTheme()}`)}</button>
        <button class="quiet" @click=${onSignOut}>${text('sign-out')}</button>
      </div>
    </details>
  </header>`
}

export function railView({ rail }: Session, open: boolean): TemplateResult {
  return html`<nav class="rail ${open ? 'open' : ''}" id="rail" aria-label=${text('page.navigation')}>
    ${rail.groups.map(
      ({ group, ways }) =>
        html`<p class="group" id="rail-${group}">${named('rail.group', group)}</p>
          <ul aria-labelledby="rail-${group}">
            ${ways.map((way) => html`<li>${wayView(way)}</li>`)}
          </ul>`,
    )}
  </nav>`
}

/** The worklist is the page of `/`; the desk lies under it. */
function wayView({ address, word, waits, alarm }: Way): TemplateResult {
  const here = address === '/'
  return html`<a href=${here ? '#/' : address} aria-current=${here ? 'page' : nothing}
    >${text(word as TextKey)}${
      waits
        ? html` <span class="count ${alarm ? 'alarm' : ''}"
            >${waits}<span class="hidden-to-eyes"> ${text('shell.waiting')}</span></span
          >`
        : nothing
    }</a
  >`
}

function otherLanguage(): void {
  chooseLanguage(language() === 'zh' ? 'en' : 'zh')
}
