/** What an object with waveforms holds: its groups of channels, and their samples in physical units (PS3.3 C.10.9). */
import { itemsOf, numberOf, textOf, type DataSet, type Element } from '../dicom-json'

const TAGS = {
  sequence: '54000100',
  bits: '54001004',
  interpretation: '54001006',
  padding: '5400100A',
  data: '54001010',
  channels: '003A0005',
  samples: '003A0010',
  frequency: '003A001A',
  label: '003A0020',
  definitions: '003A0200',
  channelLabel: '003A0203',
  source: '003A0208',
  sensitivity: '003A0210',
  unit: '003A0211',
  correction: '003A0212',
  baseline: '003A0213',
  lowCut: '003A0220',
  highCut: '003A0221',
  codeValue: '00080100',
  meaning: '00080104',
} as const

export type Channel = {
  /** As it is written on paper: I, aVR, V1. */
  readonly name: string
  /** In mV of one step of a sample, and of a sample that is 0. */
  readonly step_mV: number
  readonly baseline_mV: number
  /** In Hz, of the filters; undefined where nobody said. */
  readonly lowCut_Hz: number | undefined
  readonly highCut_Hz: number | undefined
}

export type Group = {
  /** As the device calls it; empty where it does not. */
  readonly label: string
  readonly frequency_Hz: number
  /** Of each channel. */
  readonly samples: number
  readonly channels: readonly Channel[]
  /** Encoded, channel by channel of each moment. */
  readonly data: Element
  readonly read: Reader
  readonly padding: number | undefined
}

type Reader = { readonly bytes: number; readonly at: (view: DataView, offset: number) => number }

/** Sample Interpretations (C.10.9.1.5) with their bits; companded sounds (MB, AB) are none of a heart. */
const READERS: Readonly<Record<string, Reader>> = {
  SB8: { bytes: 1, at: (view, offset) => view.getInt8(offset) },
  UB8: { bytes: 1, at: (view, offset) => view.getUint8(offset) },
  SS16: { bytes: 2, at: (view, offset) => view.getInt16(offset, true) },
  US16: { bytes: 2, at: (view, offset) => view.getUint16(offset, true) },
  SL32: { bytes: 4, at: (view, offset) => view.getInt32(offset, true) },
  UL32: { bytes: 4, at: (view, offset) => view.getUint32(offset, true) },
}
/** Of one in mV (UCUM). */
const MILLIVOLTS: Readonly<Record<string, number>> = { mV: 1, uV: 1e-3, nV: 1e-6, V: 1e3 }

/** Storage classes of 12-lead, general, ambulatory and general 32-bit electrocardiograms (PS3.4 B.5). */
const ECG = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.9\.(1\.[1-4])$/

/** Those that can be drawn; none where the object is no electrocardiogram, or one channel says less than it takes. */
export function groupsOf(instance: DataSet): readonly Group[] {
  if (!ECG.test(textOf(instance, '00080016'))) return []
  const groups = itemsOf(instance, TAGS.sequence).map(groupOf)
  return groups.every((group) => group !== undefined) ? groups : []
}

function groupOf(item: DataSet): Group | undefined {
  const frequency_Hz = numberOf(item, TAGS.frequency) ?? 0
  const samples = numberOf(item, TAGS.samples) ?? 0
  const definitions = itemsOf(item, TAGS.definitions)
  const channels = definitions.map(channelOf)
  const read = READERS[textOf(item, TAGS.interpretation) + textOf(item, TAGS.bits)]
  const data = item[TAGS.data]
  const isWhole = channels.length > 0 && channels.length === numberOf(item, TAGS.channels)
  if (!read || !data || !isWhole || frequency_Hz <= 0 || samples <= 0) return undefined
  const known = channels.flatMap((channel) => channel ?? [])
  if (known.length !== channels.length) return undefined
  return {
    label: textOf(item, TAGS.label),
    frequency_Hz,
    samples,
    channels: known,
    data,
    read,
    padding: paddingOf(item, read),
  }
}

/** Without a sensitivity in volts nobody knows how high a curve is. */
function channelOf(definition: DataSet, index: number): Channel | undefined {
  const unit = MILLIVOLTS[textOf(itemsOf(definition, TAGS.unit)[0] ?? {}, TAGS.codeValue)]
  const sensitivity = numberOf(definition, TAGS.sensitivity)
  if (unit === undefined || sensitivity === undefined) return undefined
  return {
    name: nameOf(definition) || String(index + 1),
    step_mV: sensitivity * (numberOf(definition, TAGS.correction) ?? 1) * unit,
    baseline_mV: (numberOf(definition, TAGS.baseline) ?? 0) * unit,
    lowCut_Hz: numberOf(definition, TAGS.lowCut),
    highCut_Hz: numberOf(definition, TAGS.highCut),
  }
}

function nameOf(definition: DataSet): string {
  const said = textOf(itemsOf(definition, TAGS.source)[0] ?? {}, TAGS.meaning) || textOf(definition, TAGS.channelLabel)
  const [lead] = /\b(AV[RLF]|V[1-9]R?|I{1,3})\b/.exec(said.toUpperCase()) ?? []
  return lead?.replace('AV', 'aV') ?? said
}

/** Encoded as a sample is (C.10.9.1.8). */
function paddingOf(item: DataSet, read: Reader): number | undefined {
  const bytes = bytesInline(item[TAGS.padding])
  return bytes && bytes.length >= read.bytes ? read.at(viewOf(bytes), 0) : undefined
}

/** Undefined where it lies elsewhere. */
export function bytesInline(element: Element | undefined): Uint8Array | undefined {
  const encoded = element?.InlineBinary
  return encoded === undefined ? undefined : Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * In mV, by channel: each sample times Channel Sensitivity and its correction factor, and Channel Baseline added (C.10.9.1.4).
 * NaN where there is padding, and where the data end before.
 */
export function samplesOf({ channels, samples, read, padding }: Group, bytes: Uint8Array): readonly Float32Array[] {
  const view = viewOf(bytes)
  return channels.map(({ step_mV, baseline_mV }, channel) =>
    Float32Array.from({ length: samples }, (_, moment) => {
      const offset = (moment * channels.length + channel) * read.bytes
      const sample = offset + read.bytes <= bytes.byteLength ? read.at(view, offset) : NaN
      return sample === padding ? NaN : sample * step_mV + baseline_mV
    }),
  )
}
