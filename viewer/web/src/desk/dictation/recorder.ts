/** One recording by the microphone, which is asked for when it begins and let go when it ends; nothing is kept of it. */
import { asWav } from './wav'

/** What browsers record, the most frequent first (the containers of Opus, and that of Safari). */
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'] as const
/** A voice needs no more. */
const BITS_PER_SECOND = 24_000

export class Recorder {
  private readonly pieces: Blob[] = []

  private constructor(
    private readonly stream: MediaStream,
    private readonly media: MediaRecorder,
  ) {
    media.addEventListener('dataavailable', ({ data }) => this.pieces.push(data))
    media.start()
  }

  /** Raises DOMException where the person or the browser lets nobody hear, or there is no microphone. */
  static async begin(): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } })
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type))
    try {
      const said = { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType ? { mimeType } : {}) }
      return new Recorder(stream, new MediaRecorder(stream, said))
    } catch (error) {
      for (const track of stream.getTracks()) track.stop()
      throw error
    }
  }

  /** What was said, as the speech service takes it. */
  async end(format: 'opus' | 'wav'): Promise<Blob> {
    const ended = new Promise((resolve) => this.media.addEventListener('stop', resolve, { once: true }))
    this.media.stop()
    await ended
    this.letGo()
    const recorded = new Blob(this.pieces, { type: this.media.mimeType.split(';')[0] ?? '' })
    return format === 'wav' ? asWav(recorded) : recorded
  }

  /** Nobody wants it. */
  drop(): void {
    if (this.media.state !== 'inactive') this.media.stop()
    this.letGo()
  }

  private letGo(): void {
    for (const track of this.stream.getTracks()) track.stop()
  }
}
