/** The series of the case to choose from, each with its thumbnail and whether it was seen. */
import { html, nothing, type TemplateResult } from 'lit'
import { text } from '../language'
import { thumbnailOf, type Series } from './series'
import type { ShownSeries } from './shown-series'

type Strip = {
  readonly series: readonly Series[]
  readonly current: Series | undefined
  readonly shown: ShownSeries | undefined
  readonly isDone: (series: Series) => boolean
  readonly onChoose: (series: Series) => void
}

export function seriesStrip({ series, current, shown, isDone, onChoose }: Strip): TemplateResult {
  return html`<nav class="series" aria-label=${text('desk.series')}>
    ${series.map((each) => {
      const { done: many, frames } = shown?.progress(each.seriesUid) ?? { done: 0, frames: 0 }
      const seen = shown?.isShown(each.seriesUid) === true
      const done = shown !== undefined && isDone(each)
      const name = [each.modality, each.description].filter(Boolean).join(' ')
      return html`<button aria-current=${each.seriesUid === current?.seriesUid} @click=${() => onChoose(each)}>
        <img src=${thumbnailOf(each)} alt="" loading="lazy" width="64" height="64" @error=${hide} />
        <span class="name">${name}</span>
        <span class="count"
          >${frames > 0 && !seen ? `${many} / ${frames}` : text('desk.pictures', { n: each.instances })}</span
        >
        ${shown ? html`<span class="seen ${seen ? 'yes' : ''}">${text(wordOf(seen, done))}</span>` : nothing}
      </button>`
    })}
  </nav>`
}

/** What cannot be shown here counts as done, so that it holds nobody up, and never as seen. */
const wordOf = (seen: boolean, done: boolean): 'desk.seen' | 'desk.not-shown-here' | 'desk.not-seen' =>
  seen ? 'desk.seen' : done ? 'desk.not-shown-here' : 'desk.not-seen'

/** A series without pictures has no thumbnail. */
function hide(event: Event): void {
  ;(event.target as HTMLImageElement).classList.add('none')
}
