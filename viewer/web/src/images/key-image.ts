/** Over a picture that the report names as a key image: that it is one. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Mark } from '../api/marks'
import { text } from '../language'
import type { Picture } from './pictures'

export function keyImage({ instanceUid, frame }: Picture, marks: readonly Mark[]): TemplateResult | typeof nothing {
  const isKey = marks.some((mark) => mark.kind === 'key' && mark.instance_uid === instanceUid && mark.frame === frame)
  return isKey ? html`<p class="key-image">★ ${text('mark.kind.key')}</p>` : nothing
}
