import { expect, test } from 'vitest'
import { Client } from '../src/api/client'
import { TAG } from '../src/images/dicom-json'
import { apart, seriesOf } from '../src/images/series'
import { of } from './data-sets'

test('reports of this server are told from those of others by its private elements alone', async () => {
  const creator = '00210010'
  const rows = [
    of({ [TAG.SeriesInstanceUID]: ['1.1'], [TAG.SeriesNumber]: [9001], [TAG.Modality]: ['SR'], [creator]: ['TIERREAD'], '00211001': ['REPORT'] }), // prettier-ignore
    of({ [TAG.SeriesInstanceUID]: ['1.2'], [TAG.SeriesNumber]: [9001], [TAG.Modality]: ['SR'], [TAG.SeriesDescription]: ['TIERREAD REPORT'] }), // prettier-ignore
    of({ [TAG.SeriesInstanceUID]: ['1.3'], [TAG.SeriesNumber]: [9002], [TAG.Modality]: ['DOC'], [creator]: ['OTHER WORKS'], '00211001': ['REPORT'] }), // prettier-ignore
    of({ [TAG.SeriesInstanceUID]: ['1.4'], [TAG.SeriesNumber]: [9999], [TAG.Modality]: ['CT'] }),
  ]
  const client = new Client(
    () => Promise.resolve(Response.json(rows)),
    () => undefined,
  )

  const { series, reports } = apart(await seriesOf(client, ['1']))

  expect(reports.map(({ seriesUid }) => seriesUid)).toEqual(['1.1'])
  expect(series.map(({ seriesUid }) => seriesUid)).toEqual(['1.4', '1.2', '1.3'])
})

test('pictures come before curves, and both before what is read, each by number', async () => {
  const numbered = {
    '1.1': ['SR', 1],
    '1.2': ['ECG', 2],
    '1.3': ['US', 9],
    '1.4': ['US', 3],
    '1.5': ['DOC', 0],
  } as const
  const rows = Object.entries(numbered).map(([uid, [modality, number]]) =>
    of({ [TAG.SeriesInstanceUID]: [uid], [TAG.SeriesNumber]: [number], [TAG.Modality]: [modality] }),
  )
  const client = new Client(
    () => Promise.resolve(Response.json(rows)),
    () => undefined,
  )

  expect((await seriesOf(client, ['1'])).map(({ seriesUid }) => seriesUid)).toEqual(['1.4', '1.3', '1.2', '1.5', '1.1'])
})
