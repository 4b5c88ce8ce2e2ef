/** Images that say they are of somebody else: marked in the strip and over the picture, in words. */
import { html, nothing, type TemplateResult } from 'lit'
import type { OtherPerson } from '../api/case-detail'
import { named, text } from '../language'
import type { Picture } from './pictures'

/** Of the picture on the screen: whose it says it is; of one that is made of a whole series, that some of it do. */
export function otherPerson(
  { instanceUid }: Pick<Picture, 'instanceUid'>,
  seriesUid: string,
  others: readonly OtherPerson[],
): TemplateResult | typeof nothing {
  if (instanceUid === '') {
    const many = others.filter((each) => each.series_uid === seriesUid).length
    return many === 0 ? nothing : over(text('desk.other-persons', { n: many }))
  }
  const said = others.find((each) => each.instance_uid === instanceUid)
  if (!said) return nothing
  const who = [said.name, said.sex ? named('sex', said.sex) : '', said.birth_date].filter(Boolean).join(' · ')
  return over(text('desk.other-person', { who }))
}

const over = (words: string): TemplateResult => html`<p class="other-person" role="status">⚠ ${words}</p>`

/** Of a series: that some of its images do. */
export function otherPersonsIn(seriesUid: string, others: readonly OtherPerson[]): TemplateResult | typeof nothing {
  const many = others.filter((each) => each.series_uid === seriesUid).length
  return many === 0 ? nothing : html`<span class="other">⚠ ${text('desk.other-persons', { n: many })}</span>`
}
