/** The requests of the reading room, one function each (viewer/api). */
import type { Client, Tagged } from './client'
import type { PasskeyAnswer } from './passkeys'
import type { Failed } from '../images/shown-series'
import type { KeptSetting, SettingName, Value } from '../keeping/settings'
import type { Step } from './case'
import type { CaseDetail, Lease, ScreenState, Standing } from './case-detail'
import type { CheckFinding, Content, ReviewOutcome, SavedDraft, Settling, Unprintable } from './report'
import type { OpenProof, Session } from './session'
import type { FilledForm, Phrase, Rendered, Template, TemplateOffer } from './templates'
import type { CasePage, Foreseen, Preview } from './worklist'

export type CaseQuery = {
  readonly tab?: string
  readonly state?: string
  readonly step?: string
  readonly site?: string
  readonly modality?: string
  readonly page?: number
  readonly size?: number
  readonly sort?: string
  readonly descending?: boolean
  /** The tabs that are counted besides. */
  readonly counts?: readonly string[]
}

/** Whom somebody seeks: a name or a number, which stands in no address. */
export type CaseSearch = CaseQuery & { readonly q: string }

/** Why it is signed although images are missing, or could not be shown; none where nothing of the kind is so. */
export type Reasons = {
  readonly incomplete_reason?: string
  readonly not_shown_reason?: string
  /** The checks of the text that are confirmed by name: what they found is meant all the same. */
  readonly confirmed?: readonly CheckFinding['check'][]
}

/** What a signature covers besides the text: the images as they were, and what of them was on the screen. */
export type Seen = Reasons & {
  readonly lease_revision: number
  readonly image_set: string
  /** By series UID: how many of its pictures were drawn in full, and documents opened. */
  readonly shown_series: Readonly<Record<string, number>>
  /** By series UID: what the desk tried and could not show, and what was not needed. */
  readonly cannot_show?: Readonly<Record<string, Failed>>
}

/** What a person proves with who they are. */
export type ShownProof = { readonly password: string } | { readonly code: string } | { readonly passkey: PasskeyAnswer }

export class Office {
  /** What the region's speech service takes; undefined where there is none, and before the session is known. */
  dictation: 'opus' | 'wav' | undefined

  constructor(private readonly client: Client) {}

  async session(): Promise<Session> {
    const session = await this.client.get<Session>('/api/session')
    this.client.csrfToken = session.csrf_token
    this.client.personId = session.person.id
    this.dictation = session.dictation?.format
    return session
  }

  /** What this person set for themselves, by name. */
  settings(): Promise<Readonly<Partial<Record<SettingName, KeptSetting>>>> {
    return this.client.get('/api/account/settings')
  }

  async keepSetting(name: SettingName, value: Value, revision: number): Promise<KeptSetting> {
    return answered(await this.client.send<KeptSetting>('PUT', `/api/account/settings/${name}`, { value, revision }))
  }

  async signOut(): Promise<void> {
    await this.client.send('DELETE', '/api/session')
  }

  /** What proves who the person is. */
  proof(): Promise<OpenProof> {
    return this.client.get<OpenProof>('/api/session/proof')
  }

  async prove(shown: ShownProof): Promise<void> {
    await this.client.send('POST', '/api/session/proof', shown)
  }

  cases(query: CaseQuery): Promise<CasePage> {
    return this.client.get<CasePage>(`/api/cases?${parametersOf(query)}`)
  }

  /** Nothing where the list is the one with the tag `known`. */
  async casesUnlessKnown({ q, ...query }: CaseSearch, known: string): Promise<Tagged<CasePage> | undefined> {
    if (q === '') return this.client.getUnlessKnown<CasePage>(`/api/cases?${parametersOf(query)}`, known)
    const found = await this.client.ask<CasePage>('/api/cases/search', { q, ...said(query) })
    return found.tag === known ? undefined : found
  }

  /** Another word as soon as something has changed that a list of this person shows. */
  async pulse(): Promise<string> {
    return (await this.client.get<{ readonly pulse: string }>('/api/cases/pulse')).pulse
  }

  /** A look at a case beside the list. */
  preview(id: string): Promise<Preview> {
    return this.client.get<Preview>(`/api/cases/${id}/preview`)
  }

  case(id: string): Promise<CaseDetail> {
    return this.client.get<CaseDetail>(`/api/cases/${id}`)
  }

  /** What a desk that stands open compares with its screen; the case is not there any longer once it was withheld. */
  standing(id: string): Promise<Standing> {
    return this.client.get<Standing>(`/api/cases/${id}/standing`)
  }

  /** The next case for this person, or nothing when none waits. */
  claimNext(step?: Step): Promise<CaseDetail | undefined> {
    return this.client.send<CaseDetail>('POST', '/api/cases/claim', step ? { step } : {})
  }

  /** The case that `claimNext` would claim, which stays where it waits; nothing where none waits. */
  foresee(step?: Step): Promise<Foreseen | undefined> {
    return this.client.find<Foreseen>(`/api/cases/next${step ? `?step=${step}` : ''}`)
  }

  /** `why`: where it is not the one that this person would be handed, and its rule wants a reason. */
  async claim(id: string, why = ''): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/claim`, { why })
  }

  async renew(id: string, revision: number): Promise<Pick<Lease, 'revision' | 'expires_at'>> {
    return answered(await this.client.send('POST', `/api/cases/${id}/renew`, { revision }))
  }

  async putBack(id: string, revision: number): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/put-back`, { revision })
  }

  /** Lets a case be read that waits for earlier images; `revision` is the case's. */
  async readWithout(id: string, revision: number): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/read-without`, { revision })
  }

  /** Puts a case aside that this person holds. */
  async park(id: string, revision: number, screen: ScreenState): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/park`, { revision, screen })
  }

  /** Goes on with a case that this person put aside. */
  async resume(id: string): Promise<CaseDetail> {
    return answered(await this.client.send<CaseDetail>('POST', `/api/cases/${id}/resume`, {}))
  }

  /** To the township for a retake, to the city, or from the verifier back to the author. */
  async giveAway(id: string, how: 'return' | 'escalate' | 'send-back', revision: number, why: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/${how}`, { revision, why })
  }

  /** The author of an amended report objects: a third person decides. */
  async dispute(id: string, revision: number, why: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/dispute`, { revision, why })
  }

  /** Hides report and images from everybody: whatever anybody changed meanwhile. */
  async withhold(id: string, why: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/withhold`, { why })
  }

  /** Ends the withholding of the case as it was on the screen. */
  async endWithholding(
    id: string,
    how: 'restore' | 'read-again' | 'enter-in-error',
    revision: number,
    why: string,
  ): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/${how}`, { why, revision })
  }

  async saveDraft(
    id: string,
    content: Content,
    revision: number,
    lease_revision: number,
  ): Promise<Omit<SavedDraft, 'content'>> {
    return answered(await this.client.send('PUT', `/api/cases/${id}/draft`, { content, revision, lease_revision }))
  }

  /** The words of a recording, by the region's speech service; nothing of the case goes there. */
  async hear(id: string, recorded: Blob): Promise<string> {
    const answer = await this.client.send<{ readonly text: string }>('POST', `/api/cases/${id}/dictation`, recorded)
    return answered(answer).text
  }

  /** The characters that a sheet prints as codes. */
  async unprintable(content: Content): Promise<readonly Unprintable[]> {
    const answer = await this.client.send('POST', '/api/reports/unprintable', { content })
    return (answered(answer) as { readonly unprintable: readonly Unprintable[] }).unprintable
  }

  /** What the checks say of a report as it stands on the screen. */
  async checks(id: string, content: Content): Promise<readonly CheckFinding[]> {
    return answered(await this.client.send<readonly CheckFinding[]>('POST', `/api/cases/${id}/checks`, { content }))
  }

  /** The templates for a case, the best first. */
  templateOffers(id: string): Promise<readonly TemplateOffer[]> {
    return this.client.get<readonly TemplateOffer[]>(`/api/cases/${id}/templates`)
  }

  template(id: string): Promise<Template> {
    return this.client.get<Template>(`/api/templates/${id}`)
  }

  /** The text that follows from the values of a form. */
  async render({ template, values }: FilledForm): Promise<Rendered> {
    return answered(await this.client.send<Rendered>('POST', `/api/templates/${template}/render`, { values }))
  }

  phrases(): Promise<readonly Phrase[]> {
    return this.client.get<readonly Phrase[]>('/api/phrases')
  }

  async addPhrase(shortcut: string, words: string): Promise<void> {
    await this.client.send('POST', '/api/phrases', { shortcut, words })
  }

  async endPhrase(id: string): Promise<void> {
    await this.client.send('DELETE', `/api/phrases/${id}`)
  }

  async sign(id: string, content: Content, draft_revision: number, seen: Seen): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/sign`, { content, draft_revision, ...seen })
  }

  /** One text for both of two who confer, signed by the one who wrote it. */
  async propose(id: string, content: Content, revision: number, { confirmed = [] }: Reasons): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/propose`, { content, revision, confirmed })
  }

  /** To a reading of the other one of two who confer, or to the text that they wrote for both. */
  async accord(id: string, version: string, revision: number): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/accord`, { version, revision })
  }

  /** One of two blind readers lets a provisional reading stand or takes it back, or does not sign the other one's words. */
  async settleReading(id: string, how: Settling, revision: number, why?: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/${how}`, why === undefined ? { revision } : { revision, why })
  }

  /** With `content` only when the verifier changed the text. */
  async verify(id: string, content: Content | undefined, seen: Seen): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/verify`, content ? { content, ...seen } : { ...seen })
  }

  /** With `report` only when the outcome is an amendment. */
  async review(
    id: string,
    judgement: { outcome: ReviewOutcome; score: string; comment: string; report?: Content },
    seen: Seen,
  ): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/review`, { ...judgement, ...seen })
  }

  /** A new version on top of a final one; nobody holds a lease for it. */
  async addendum(versionId: string, content: Content, seen: Omit<Seen, 'lease_revision'>): Promise<void> {
    await this.client.send('POST', `/api/reports/${versionId}/addendum`, { content, ...seen })
  }

  /** The late images of a final case, for this person to look at. */
  async takeFollowUp(id: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/follow-up/claim`, {})
  }

  async nothingChanges(
    id: string,
    revision: number,
    comment: string,
    seen: Omit<Seen, 'lease_revision'>,
  ): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/follow-up/no-change`, { revision, comment, ...seen })
  }

  async raiseCritical(id: string, critical_class: string, finding: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/critical`, { critical_class, finding })
  }

  async withdrawCritical(id: string, alert: string, why: string): Promise<void> {
    await this.client.send('POST', `/api/cases/${id}/critical/withdraw`, { alert, why })
  }
}

function parametersOf(query: CaseQuery): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(said(query)))
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one))
  return parameters
}

/** What of a query is said. */
const said = (query: CaseQuery): CaseQuery =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ''))

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw new TypeError('the server answered nothing where something was promised')
  return answer
}
