/** What is said over a cell where a picture of it cannot be shown, with another try. */
import { html, nothing, type TemplateResult } from 'lit'
import { named, text } from '../../language'
import type { NotOneStack } from '../reformat/volume'
import type { StackView } from '../stack'

type Message = {
  /** Why nothing of the series came. */
  readonly failure: string | undefined
  readonly view: StackView
  /** A picture of the series could not be fetched, though others can be looked at. */
  readonly lacking: boolean
  readonly onTry: () => void
}

/** A picture that cannot be shown is covered: under it may still lie the one before. */
export function messageOver({ failure, view, lacking, onTry }: Message): TemplateResult | typeof nothing {
  const failed = view.quality === 'failed'
  const words =
    failure ?? (failed ? text('desk.picture-failed', { why: named('unseen', view.fault ?? 'not_drawn') }) : undefined)
  const about = words ?? (lacking ? text('desk.image-failed') : undefined)
  if (about === undefined) return nothing
  return html`<div class="message ${failed ? 'instead' : ''} ${words === undefined ? 'beside' : ''}" role="alert">
    <p>${about}</p>
    <button @click=${onTry}>${text('common.try-again')}</button>
  </div>`
}

/** Why no other plane can be made of a series, in words. */
export const wordsOfRefusal = ({ why, most_bytes }: NotOneStack): string =>
  text('desk.reformat.cannot', { why: text(`desk.refusal.${why}`, { mb: Math.round(most_bytes / 2 ** 20) }) })

/** Another plane was asked for of what is no stack; under it may still lie the picture before. */
export function refusedOver(refusal: NotOneStack, onTaken: () => void): TemplateResult {
  return html`<div class="message instead" role="alert">
    <p>${wordsOfRefusal(refusal)}</p>
    <button @click=${onTaken}>${text('desk.reformat.as-taken')}</button>
  </div>`
}
