/** Cases that are put aside for a more urgent one. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Office } from '../api/office'
import { Problem, Unreachable } from '../api/problem'
import type { Case } from '../api/case'
import type { ScreenState } from '../api/case-detail'
import { examinationOf, nameOfPatient } from '../case-words'
import { clock, text } from '../language'
import { ask } from '../shell/ask'
import { notify } from '../shell/notices'
import { caseAddress } from '../shell/route'
import { wordsFor } from '../shell/trouble'

export const NO_SCREEN: ScreenState = { series_uid: '', index: 0, window: null, inverted: false, prior: '' }

/** What was on the screen of the cases that this page has shown, for those that are put aside later. */
const screens = new Map<string, ScreenState>()

export const rememberScreen = (caseId: string, screen: ScreenState): unknown => screens.set(caseId, screen)

/** The case in hand that a more urgent one comes before: the least urgent of those that are not aside already. */
export function cameBefore(taken: Case, mine: readonly Case[]): Case | undefined {
  const others = mine.filter((each) => each.id !== taken.id && each.holder?.mine && !each.holder.parked)
  const later = others.filter((each) => urgencyOf(each) > urgencyOf(taken))
  return later.sort((a, b) => urgencyOf(b) - urgencyOf(a))[0]
}

/** 0 is the most urgent; a critical case stands with the urgent ones, as in every list. */
function urgencyOf({ priority, critical }: Pick<Case, 'priority' | 'critical'>): number {
  const rank = ['emergency', 'urgent', 'routine'].indexOf(priority)
  return critical ? Math.min(rank, 1) : rank
}

/** After somebody took a more urgent case in the middle of another: offers to put that one aside. */
export async function offerToPark(office: Office, taken: Case): Promise<void> {
  try {
    if (urgencyOf(taken) > 1) return
    const before = cameBefore(taken, (await office.cases({ tab: 'mine' })).items)
    if (!before) return
    const detail = await office.case(before.id)
    if (!detail.lease || !detail.allowed.includes('park')) return
    const answer = await ask({
      title: text('parking.offer'),
      words: text('parking.offer-words', { examination: `${nameOfPatient(before.patient)} ${examinationOf(before)}` }),
      confirm: text('parking.offer-park'),
    })
    if (!answer) return
    await office.park(before.id, detail.lease.revision, screens.get(before.id) ?? NO_SCREEN)
    notify('success', text('desk.done.park'))
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error
    notify('danger', wordsFor(error))
  }
}

/** What lies aside, on top of the worklist. */
export function parkedView(parked: readonly Case[]): TemplateResult | typeof nothing {
  if (parked.length === 0) return nothing
  return html`<section class="parked" aria-label=${text('parking.title')}>
    <h2>${text('parking.title')}</h2>
    <ul>
      ${parked.map(
        (item) =>
          html`<li>
            <a class="open" href=${caseAddress(item.id)}>${nameOfPatient(item.patient)}</a>
            <span>${examinationOf(item)}</span>
            <span class="soft">${item.site.name}</span>
            ${item.holder ? html`<span class="soft">${text('parking.until', { at: clock(item.holder.expires_at).slice(0, 5) })}</span>` : nothing}
            <a class="button" href=${caseAddress(item.id)}>${text('parking.resume')}</a>
          </li>`,
      )}
    </ul>
  </section>`
}
