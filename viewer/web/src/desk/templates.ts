/** Sentences to start a report from; their words are in the catalogues. */
import type { TextKey } from '../language'

export type Template = {
  readonly id: string
  readonly title: TextKey
  readonly findings: TextKey
  readonly impression: TextKey
  /** Of the examinations that it is offered for; empty for all. */
  readonly modalities: readonly string[]
  readonly bodyParts: readonly string[]
}

const PROJECTION = ['DX', 'CR', 'RF']

export const TEMPLATES: readonly Template[] = [
  {
    id: 'chest',
    title: 'desk.template.chest',
    findings: 'desk.template.chest.findings',
    impression: 'desk.template.chest.impression',
    modalities: PROJECTION,
    bodyParts: ['CHEST', 'THORAX'],
  },
  {
    id: 'limb',
    title: 'desk.template.limb',
    findings: 'desk.template.limb.findings',
    impression: 'desk.template.limb.impression',
    modalities: PROJECTION,
    bodyParts: [
      'HAND',
      'WRIST',
      'FOREARM',
      'ELBOW',
      'HUMERUS',
      'ARM',
      'SHOULDER',
      'CLAVICLE',
      'FOOT',
      'ANKLE',
      'LEG',
      'KNEE',
      'FEMUR',
      'THIGH',
      'HIP',
      'FINGER',
      'TOE',
      'EXTREMITY',
    ],
  },
  {
    id: 'spine',
    title: 'desk.template.spine',
    findings: 'desk.template.spine.findings',
    impression: 'desk.template.spine.impression',
    modalities: PROJECTION,
    bodyParts: ['CSPINE', 'TSPINE', 'LSPINE', 'SPINE', 'SSPINE'],
  },
  {
    id: 'ct-chest',
    title: 'desk.template.ct-chest',
    findings: 'desk.template.ct-chest.findings',
    impression: 'desk.template.ct-chest.impression',
    modalities: ['CT'],
    bodyParts: ['CHEST', 'THORAX', 'LUNG'],
  },
  {
    id: 'ct-head',
    title: 'desk.template.ct-head',
    findings: 'desk.template.ct-head.findings',
    impression: 'desk.template.ct-head.impression',
    modalities: ['CT'],
    bodyParts: ['HEAD', 'BRAIN', 'SKULL'],
  },
]

/** Those that fit come first; the others of the same modality follow, since devices often name no or a wrong part. */
export function templatesFor(modality: string, bodyPart: string): readonly Template[] {
  const part = bodyPart.toUpperCase()
  const sameModality = TEMPLATES.filter((template) => template.modalities.includes(modality.toUpperCase()))
  const fits = (template: Template): boolean => template.bodyParts.includes(part)
  return [...sameModality.filter(fits), ...sameModality.filter((template) => !fits(template))]
}
