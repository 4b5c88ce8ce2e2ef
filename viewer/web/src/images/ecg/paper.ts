/** Curves on paper, in millimetres: where each lead stands, and its line. */
import type { Group } from './waveform'

export type Scale = {
  readonly speed_mm_s: number
  readonly gain_mm_mV: number
}
export const SPEEDS: readonly number[] = [12.5, 25, 50]
export const GAINS: readonly number[] = [5, 10, 20]
export const USUAL: Scale = { speed_mm_s: 25, gain_mm_mV: 10 }

/** So much of a recording is on one sheet. */
export const SHEET_S = 10
/** Room for the calibration pulse. */
export const MARGIN_MM = 10
const ROW_MM_PER_MV = 2.5
/** Lines of a curve that lie nearer to each other are one. */
const FINENESS_MM = 0.1

export type Trace = {
  readonly name: string
  /** Where the line of 0 mV begins. */
  readonly x_mm: number
  readonly y_mm: number
  /** SVG path data. */
  readonly path: string
}
export type Sheet = {
  readonly width_mm: number
  readonly height_mm: number
  readonly traces: readonly Trace[]
  readonly rows_mm: readonly number[]
}

/** As a standard electrocardiogram has them: four columns of a quarter each, and one lead along all of it. */
const COLUMNS: readonly (readonly string[])[] = [
  ['I', 'II', 'III'],
  ['aVR', 'aVL', 'aVF'],
  ['V1', 'V2', 'V3'],
  ['V4', 'V5', 'V6'],
]
const RHYTHM = 'II'

export const canBeInColumns = ({ channels }: Pick<Group, 'channels'>): boolean =>
  COLUMNS.flat().every((name) => channels.some((channel) => channel.name === name))

/** `from_s`: where in the recording the sheet begins. */
export function sheetOf(
  group: Pick<Group, 'channels' | 'frequency_Hz' | 'samples'>,
  values_mV: readonly Float32Array[],
  scale: Scale,
  from_s: number,
  inColumns: boolean,
): Sheet {
  const length_s = Math.min(SHEET_S, group.samples / group.frequency_Hz - from_s)
  const row_mm = ROW_MM_PER_MV * scale.gain_mm_mV
  const height = (rows: number): number => rows * row_mm
  const at = (row: number): number => (row + 0.5) * row_mm
  const trace = (channel: number, row: number, begin_s: number, end_s: number): Trace => {
    const values = values_mV[channel] ?? new Float32Array()
    const name = group.channels[channel]?.name ?? ''
    const x_mm = MARGIN_MM + begin_s * scale.speed_mm_s
    const part = values.subarray(sampleAt(group, from_s + begin_s), sampleAt(group, from_s + end_s))
    return {
      name,
      x_mm,
      y_mm: at(row),
      path: pathOf(part, scale.speed_mm_s / group.frequency_Hz, scale.gain_mm_mV, x_mm, at(row)),
    }
  }
  const width_mm = MARGIN_MM + length_s * scale.speed_mm_s
  if (!inColumns) {
    const traces = group.channels.map((_, row) => trace(row, row, 0, length_s))
    return { width_mm, height_mm: height(traces.length), traces, rows_mm: traces.map((_, row) => at(row)) }
  }
  const of = (name: string): number => group.channels.findIndex((channel) => channel.name === name)
  const quarter = length_s / COLUMNS.length
  const traces = COLUMNS.flatMap((names, column) =>
    names.map((name, row) => trace(of(name), row, column * quarter, (column + 1) * quarter)),
  )
  const rows = COLUMNS[0]?.length ?? 0
  return {
    width_mm,
    height_mm: height(rows + 1),
    traces: [...traces, trace(of(RHYTHM), rows, 0, length_s)],
    rows_mm: Array.from({ length: rows + 1 }, (_, row) => at(row)),
  }
}

const sampleAt = ({ frequency_Hz }: Pick<Group, 'frequency_Hz'>, second: number): number =>
  Math.round(second * frequency_Hz)

const short = (value: number): string => String(Math.round(value * 100) / 100)

/**
 * A line through all values; where many lie in a tenth of a millimetre, through the lowest and the highest of these, so that no
 * peak is lost. It breaks where there is no value.
 */
export function pathOf(values: Float32Array, step_mm: number, gain_mm_mV: number, x_mm: number, y_mm: number): string {
  const many = Math.max(1, Math.floor(FINENESS_MM / step_mm))
  const parts: string[] = []
  let pen = 'M'
  for (let from = 0; from < values.length; from += many) {
    const some = [...values.subarray(from, from + many)]
    if (some.some(Number.isNaN)) {
      pen = 'M'
      continue
    }
    const [low, high] = [Math.min(...some), Math.max(...some)]
    const ordered = some.indexOf(low) <= some.indexOf(high) ? [low, high] : [high, low]
    for (const value of many === 1 || low === high ? [ordered[0] ?? NaN] : ordered) {
      parts.push(`${pen}${short(x_mm + from * step_mm)} ${short(y_mm - value * gain_mm_mV)}`)
      pen = 'L'
    }
  }
  return parts.join('')
}

/** What a distance on the paper means. */
export const measuredOn = (
  across_mm: number,
  up_mm: number,
  { speed_mm_s, gain_mm_mV }: Scale,
): { readonly ms: number; readonly mV: number } => ({
  ms: (1000 * Math.abs(across_mm)) / speed_mm_s,
  mV: up_mm / gain_mm_mV,
})
