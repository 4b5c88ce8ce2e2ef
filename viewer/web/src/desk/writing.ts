/** What a report is written with: the templates for a case, the text that follows from their fields, phrases, dictation. */
import type { Office } from '../api/office'
import type { Content } from '../api/report'
import type { FilledForm, Phrase, Rendered, Template, TemplateOffer } from '../api/templates'

export class Writing {
  constructor(
    private readonly office: Office,
    private readonly caseId: string,
  ) {}

  /** What the region's speech service takes; undefined where nobody dictates. */
  get dictation(): 'opus' | 'wav' | undefined {
    return this.office.dictation
  }

  hear(recorded: Blob): Promise<string> {
    return this.office.hear(this.caseId, recorded)
  }

  offers(): Promise<readonly TemplateOffer[]> {
    return this.office.templateOffers(this.caseId)
  }

  template(id: string): Promise<Template> {
    return this.office.template(id)
  }

  render(form: FilledForm): Promise<Rendered> {
    return this.office.render(form)
  }

  phrases(): Promise<readonly Phrase[]> {
    return this.office.phrases()
  }

  addPhrase(shortcut: string, words: string): Promise<void> {
    return this.office.addPhrase(shortcut, words)
  }

  endPhrase(id: string): Promise<void> {
    return this.office.endPhrase(id)
  }
}

/** Whether something was written before a template was chosen: its impression, a normal one, may be against that. */
export const isWritten = ({ findings, impression }: Pick<Content, 'findings' | 'impression'>): boolean =>
  `${findings}${impression}`.trim() !== ''

/**
 * A part of the report after the text of its form has become another; null where a person has changed that text by
 * hand, which is never overwritten unasked.
 */
export function followed(said: string, before: string, after: string): string | null {
  if (before === after) return said
  if (said.trim() === '') return after
  if (before.trim() === '') return after === '' ? said : `${said.trimEnd()}\n${after}`
  const place = said.indexOf(before)
  return place < 0 ? null : said.slice(0, place) + after + said.slice(place + before.length)
}
