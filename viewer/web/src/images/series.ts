/** The series of studies and their pictures, asked of DICOMweb. */
import type { Client } from '../api/client'
import { TAG, numberOf, textOf, type DataSet } from './dicom-json'
import { othersOf, type OtherObject } from './other-objects'
import { picturesOf, seriesPath, type Picture, type SeriesAddress } from './pictures'
import { isSlide, slideOf, type Slide } from './slide/pyramid'
import { namesFor } from './private-classes'

export type Series = SeriesAddress & {
  readonly modality: string
  readonly number: number | undefined
  readonly description: string
  /** As the device names it; empty where it does not. */
  readonly bodyPart: string
  /** What the study is called. */
  readonly study: string
  readonly instances: number
  /** When it was taken, of a series of an earlier case. */
  readonly earlier?: string
  /** This server wrote it of a report, as its index says: nobody reads it as they read pictures. */
  readonly isOurs?: boolean
}

/** Private elements of the answer (docs/conformance.md): whose they are, and what the series is. */
const OURS = { creator: '00210010', name: 'TIERREAD', kind: '00211001', report: 'REPORT' } as const

/** What comes behind pictures, in this order: curves, then what is read as words or said of pictures. */
const BEHIND_PICTURES: readonly ReadonlySet<string>[] = [
  new Set(['ECG', 'HD', 'EPS', 'RESP', 'EMG', 'EEG']),
  new Set(['SR', 'DOC', 'KO', 'PR', 'AU', 'ASMT', 'PLAN', 'RTPLAN', 'RTRECORD', 'REG', 'FID']),
]

const rankOf = ({ modality }: Series): number => 1 + BEHIND_PICTURES.findIndex((each) => each.has(modality))

/** Of all the studies, pictures first, then by study and series number. */
export async function seriesOf(client: Client, studyUids: readonly string[]): Promise<readonly Series[]> {
  const found = await Promise.all(
    studyUids.map(async (studyUid) =>
      seriesOfStudy(studyUid, await client.dataSets(`/dicomweb/studies/${studyUid}/series`)),
    ),
  )
  return found.flat().sort((a, b) => rankOf(a) - rankOf(b))
}

function seriesOfStudy(studyUid: string, rows: readonly DataSet[]): readonly Series[] {
  return rows
    .map((row) => ({
      studyUid,
      seriesUid: textOf(row, TAG.SeriesInstanceUID),
      modality: textOf(row, TAG.Modality),
      number: numberOf(row, TAG.SeriesNumber),
      description: textOf(row, TAG.SeriesDescription),
      bodyPart: textOf(row, TAG.BodyPartExamined),
      study: textOf(row, TAG.StudyDescription),
      instances: numberOf(row, TAG.NumberOfSeriesRelatedInstances) ?? 0,
      isOurs: textOf(row, OURS.creator) === OURS.name && textOf(row, OURS.kind) === OURS.report,
    }))
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0))
}

/** What came with the study, and what this server wrote of its report. */
export const apart = (
  all: readonly Series[],
): { readonly series: readonly Series[]; readonly reports: readonly Series[] } => ({
  series: all.filter(({ isOurs }) => !isOurs),
  reports: all.filter(({ isOurs }) => isOurs),
})

export type Contents = {
  readonly pictures: readonly Picture[]
  readonly others: readonly OtherObject[]
  /** Levels of tiles, none of which is a picture by itself. */
  readonly slide?: Slide | undefined
}

/** `content` says which content of the series this is, by digest. */
export async function contentsOf(client: Client, series: Series, content: string): Promise<Contents> {
  const instances = await client.dataSets(`${seriesPath(series)}/metadata`)
  const names = await namesFor(client, instances)
  const plain = instances.filter((instance) => !isSlide(instance))
  return {
    pictures: picturesOf(series, plain, names, content),
    others: othersOf(series, plain, names),
    slide: slideOf(series, instances),
  }
}

export const thumbnailOf = (series: Series): string => `${seriesPath(series)}/thumbnail`

/** Made by the server, small and ready at once; shown until the first frame is here. */
export const previewOf = (series: Series, picture: Picture): string =>
  `${seriesPath(series)}/instances/${picture.instanceUid}/frames/${picture.frame}/rendered?viewport=1024,1024${picture.digest && `&digest=${picture.digest}`}`
