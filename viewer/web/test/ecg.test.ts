import { describe, expect, test } from 'vitest'
import type { DataSet } from '../src/images/dicom-json'
import { canBeInColumns, measuredOn, pathOf, sheetOf, USUAL } from '../src/images/ecg/paper'
import { bytesInline, groupsOf, samplesOf } from '../src/images/ecg/waveform'
import { of } from './data-sets'

const TWELVE_LEADS = '1.2.840.10008.5.1.4.1.1.9.1.1'
const base64 = (bytes: ArrayLike<number>): string => btoa(String.fromCharCode(...Array.from(bytes)))

/** 2.5 steps of 1 uV each, 10 uV above 0. */
const channel = (name: string, known: Readonly<Record<string, readonly unknown[]>> = {}): DataSet =>
  of({
    '003A0208': [of({ '00080104': [name] })],
    '003A0210': [1],
    '003A0211': [of({ '00080100': ['uV'] })],
    '003A0212': [2.5],
    '003A0213': [10],
    '003A0221': [150],
    ...known,
  })

function recording(
  channels: readonly DataSet[],
  samples: Int16Array,
  known: Readonly<Record<string, readonly unknown[]>> = {},
  sopClass = TWELVE_LEADS,
): DataSet {
  const group = {
    ...of({
      '003A0005': [channels.length],
      '003A0010': [samples.length / channels.length],
      '003A001A': [500],
      '003A0200': channels,
      '54001004': [16],
      '54001006': ['SS'],
      ...known,
    }),
    '54001010': { vr: 'OW', InlineBinary: base64(new Uint8Array(samples.buffer)) },
    '5400100A': { vr: 'OW', InlineBinary: base64([0, 0x80]) },
  }
  return of({ '00080016': [sopClass], '54000100': [group] })
}

const TWO = recording([channel('Lead I (Einthoven)'), channel('AVF')], Int16Array.of(0, 100, 4, -4, -32768, 8))

describe('a recording', () => {
  test('gives each channel in mV, by sensitivity, correction and baseline', () => {
    const [group] = groupsOf(TWO)
    const [first, second] = samplesOf(group!, bytesInline(group!.data)!)

    expect(group).toMatchObject({ frequency_Hz: 500, samples: 3 })
    expect(group!.channels.map(({ name }) => name)).toEqual(['I', 'aVF'])
    expect([...first!].map((value) => Number(value.toFixed(4)))).toEqual([0.01, 0.02, NaN]) // 4 x 2.5 uV + 10 uV; padding
    expect([...second!].map((value) => Number(value.toFixed(4)))).toEqual([0.26, 0, 0.03])
  })

  test('that ends before its time has nothing there', () => {
    const [group] = groupsOf(TWO)
    const [, second] = samplesOf(group!, bytesInline(group!.data)!.subarray(0, 10))

    expect([...second!].map(Number.isNaN)).toEqual([false, false, true])
  })

  test('is drawn only where all that it takes is said', () => {
    const one = Int16Array.of(1)
    const drawn = (...known: Parameters<typeof recording>): number => groupsOf(recording(...known)).length

    expect(drawn([channel('I')], one)).toBe(1)
    expect(drawn([channel('I', { '003A0211': [of({ '00080100': ['mm[Hg]'] })] })], one)).toBe(0)
    expect(drawn([channel('I', { '003A0210': [] })], one)).toBe(0)
    expect(drawn([channel('I')], one, { '54001006': ['MB'] })).toBe(0)
    expect(drawn([channel('I')], one, { '003A001A': [] })).toBe(0)
    expect(drawn([channel('I')], one, {}, '1.2.840.10008.5.1.4.1.1.9.2.1')).toBe(0) // hemodynamics
  })
})

describe('paper', () => {
  test('has 25 mm for a second and 10 mm for 1 mV', () => {
    expect(pathOf(Float32Array.of(0, 1, -0.5), 25 / 500, 10, 10, 20)).toBe('M10 20L10 10L10.1 25')
    expect(pathOf(Float32Array.of(0, 1), 1, 10, 0, 0)).toBe('M0 0L1 -10')
    expect(measuredOn(20, 10, USUAL)).toEqual({ ms: 800, mV: 1 })
    expect(measuredOn(-20, -5, { speed_mm_s: 50, gain_mm_mV: 5 })).toEqual({ ms: 400, mV: -1 })
  })

  test('breaks a line where there is no value', () => {
    expect(pathOf(Float32Array.of(0, NaN, 1), 1, 10, 0, 0)).toBe('M0 0M2 -10')
  })

  test('keeps each peak, however many values lie in a tenth of a millimetre', () => {
    const values = new Float32Array(1000)
    values[503] = 2

    expect(pathOf(values, 0.01, 10, 0, 0)).toContain('-20')
  })

  test('shows twelve leads in four columns with a rhythm, or each in a row of its own', () => {
    const names = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6']
    const channels = names.map((name) => ({
      ...{ name, step_mV: 1, baseline_mV: 0, lowCut_Hz: undefined, highCut_Hz: undefined },
    }))
    const group = { channels, frequency_Hz: 10, samples: 100 }
    const values = names.map((_, lead) => new Float32Array(100).fill(lead / 10))
    const columns = sheetOf(group, values, USUAL, 0, true)
    const rows = sheetOf(group, values, USUAL, 0, false)

    expect(canBeInColumns(group)).toBe(true)
    expect(columns.traces.map(({ name }) => name).join()).toBe([...names, 'II'].join())
    expect(columns.traces[3]).toMatchObject({ name: 'aVR', x_mm: 10 + 62.5, y_mm: 12.5 }) // 2.5 s at 25 mm/s
    expect(columns.traces[3]!.path.startsWith('M72.5 9.5L')).toBe(true) // 0.3 mV above
    expect(columns).toMatchObject({ width_mm: 260, height_mm: 100 })
    expect(rows.traces).toHaveLength(12)
    expect(sheetOf({ ...group, samples: 300 }, values, USUAL, 25, false).width_mm).toBe(10 + 125) // the last 5 s
  })
})
