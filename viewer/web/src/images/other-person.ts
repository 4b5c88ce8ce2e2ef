/** Images that say they are of somebody else: marked in the strip and over the picture, in words. */
import { html, nothing, type TemplateResult } from 'lit'
import type { OtherPerson } from '../api/shapes'
import { named, text } from '../language'

/** Of the picture on the screen: whose it says it is. */
export function otherPerson(instanceUid: string, others: readonly OtherPerson[]): TemplateResult | typeof nothing {
  const said = others.find((each) => each.instance_uid === instanceUid)
  if (!said) return nothing
  const who = [said.name, said.sex ? named('sex', said.sex) : '', said.birth_date].filter(Boolean).join(' · ')
  return html`<p class="other-person" role="status">⚠ ${text('desk.other-person', { who })}</p>`
}

/** Of a series: that some of its images do. */
export function otherPersonsIn(seriesUid: string, others: readonly OtherPerson[]): TemplateResult | typeof nothing {
  const many = others.filter((each) => each.series_uid === seriesUid).length
  return many === 0 ? nothing : html`<span class="other">⚠ ${text('desk.other-persons', { n: many })}</span>`
}
