/** What stands in a cell beside its picture: what lies over it, other objects of the series, and words while there is none. */
import { html, nothing, type TemplateResult } from 'lit'
import type { OtherPerson } from '../../api/case-detail'
import { text } from '../../language'
import type { Fault } from '../faults'
import type { Made } from '../layers/layer'
import type { Over } from '../layers/layers'
import { objectList } from '../object-list'
import type { OtherObject } from '../other-objects'
import { otherPerson } from '../other-person'
import type { Picture } from '../pictures'
import type { Series } from '../series'
import type { Slide } from '../slide/pyramid'
import type { Making } from './making'
import { refusedOver } from './messages'
import type { Seen } from './seen'

export function laidOver(over: Over, picture: Picture, how: Made): TemplateResult {
  const words = over.words(picture, how)
  return html`<canvas class="over" aria-hidden="true"></canvas>
    ${words ? html`<p class="over-words" role="status">${words}</p>` : nothing}`
}

/** In place of pictures: under a microscope, with whose it is in the corners. */
export function slideIn(
  slide: Slide,
  series: Series,
  others: readonly OtherPerson[],
  { onDrawn, onFailed }: { onDrawn(this: void): void; onFailed(this: void, fault: Fault): void },
): TemplateResult {
  return html`<tierread-slide
      .slide=${slide}
      .series=${series}
      @slide-drawn=${onDrawn}
      @slide-failed=${({ detail }: CustomEvent<Fault>) => onFailed(detail)}
    ></tierread-slide>
    ${otherPerson({ instanceUid: '' }, series.seriesUid, others)}`
}

type Objects = { readonly others: readonly OtherObject[]; readonly seen: Seen }

/** In place of pictures that there are none of, or not yet. */
export function instead(
  { others, seen }: Objects,
  refusal: Making['refusal'],
  onAsTaken: () => void,
): TemplateResult | typeof nothing {
  if (refusal) return refusedOver(refusal, onAsTaken)
  if (others.length > 0) return objectList(others, seen)
  return html`<p class="message" role="status">${text('common.loading')}</p>`
}

/** Objects beside the pictures of a series. */
export function besidePictures({ others, seen }: Objects): TemplateResult | typeof nothing {
  if (others.length === 0) return nothing
  return html`<details class="others" @toggle=${() => seen.noteRead()}>
    <summary>${text('desk.others', { n: others.length })}</summary>
    ${objectList(others, seen)}
  </details>`
}
