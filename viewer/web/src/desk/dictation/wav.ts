/** A recording as WAVE (RIFF, PCM of 16 bits), for speech services that take nothing else. */

const RATE_HZ = 16_000
const HEAD_BYTES = 44

/** Whatever the browser recorded, at 16 kHz in one channel. */
export async function asWav(recorded: Blob): Promise<Blob> {
  const decoded = await new OfflineAudioContext(1, RATE_HZ, RATE_HZ).decodeAudioData(await recorded.arrayBuffer())
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, at) => decoded.getChannelData(at))
  const samples = Float32Array.from({ length: decoded.length }, (_, at) =>
    channels.reduce((sum, channel) => sum + (channel[at] ?? 0) / channels.length, 0),
  )
  return new Blob([wavOf(samples, decoded.sampleRate)], { type: 'audio/wav' })
}

/** Samples from -1 to 1. */
export function wavOf(samples: Float32Array, rate_hz: number): ArrayBuffer {
  const bytes = 2 * samples.length
  const view = new DataView(new ArrayBuffer(HEAD_BYTES + bytes))
  const words = (at: number, said: string): void =>
    [...said].forEach((each, n) => view.setUint8(at + n, each.charCodeAt(0)))
  words(0, 'RIFF')
  view.setUint32(4, HEAD_BYTES - 8 + bytes, true)
  words(8, 'WAVEfmt ')
  view.setUint32(16, 16, true) // of the format
  view.setUint16(20, 1, true) // PCM
  view.setUint16(22, 1, true) // channels
  view.setUint32(24, rate_hz, true)
  view.setUint32(28, 2 * rate_hz, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  words(36, 'data')
  view.setUint32(40, bytes, true)
  samples.forEach((sample, at) => {
    const whole = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767)
    view.setInt16(HEAD_BYTES + 2 * at, whole, true)
  })
  return view.buffer
}
