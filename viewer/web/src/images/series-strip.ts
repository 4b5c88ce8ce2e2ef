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
      const { done, frames } = shown?.progress(each.seriesUid) ?? { done: 0, frames: 0 }
      const seen = shown !== undefined && isDone(each)
      const name = [each.modality, each.description].filter(Boolean).join(' ')
      return html`<button aria-current=${each.seriesUid === current?.seriesUid} @click=${() => onChoose(each)}>
        <img src=${thumbnailOf(each)} alt="" loading="lazy" width="64" height="64" @error=${hide} />
        <span class="name">${name}</span>
        <span class="count"
          >${frames > 0 && !seen ? `${done} / ${frames}` : text('desk.pictures', { n: each.instances })}</span
        >
        ${shown ? html`<span class="seen ${seen ? 'yes' : ''}">${seen ? text('desk.seen') : text('desk.not-seen')}</span>` : nothing}
      </button>`
    })}
  </nav>`
}

/** A series without pictures has no thumbnail. */
function hide(event: Event): void {
  ;(event.target as HTMLImageElement).classList.add('none')
}
