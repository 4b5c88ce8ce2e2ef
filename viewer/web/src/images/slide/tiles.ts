/** Tiles of a slide asked of DICOMweb: JPEG and plain pixels as frames, everything else as the server renders it (PS3.18 10.4). */
import { NoPicture } from '../faults'
import { frameAt, answerTo } from '../retrieval/frame-request'
import type { Turn } from '../retrieval/line'
import { withTries } from '../retrieval/tries'
import { isPlain, rgbaOf, withProfile } from './colour'
import type { Level, Samples, Tile } from './pyramid'

const JPEG_BASELINE = '1.2.840.10008.1.2.4.50'
const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1'
/** As stored, or uncompressed where decoders in browsers would misread it. */
const AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'

export class Tiles {
  private profile: Promise<Uint8Array> | undefined
  /** Levels whose frames are of another kind. */
  private readonly rendered = new Set<Level>()

  /** `path` is that of the series. */
  constructor(private readonly path: string) {}

  /** Raises NoPicture where there is none to be had, Unanswered where another try may do better. */
  async of(level: Level, tile: Tile, signal: AbortSignal): Promise<ImageBitmap> {
    const turn: Turn = { signal, came: () => undefined }
    if (!this.rendered.has(level)) {
      const picture = await withTries(() => this.asFrame(level, tile, turn))
      if (picture) return picture
      this.rendered.add(level)
    }
    return withTries(() => this.asRendered(tile, turn))
  }

  /** Undefined where it is nothing that is decoded here. */
  private async asFrame({ samples }: Level, tile: Tile, turn: Turn): Promise<ImageBitmap | undefined> {
    const address = this.addressOf(tile, '')
    const { syntax, content } = await frameAt({ address, accept: AS_STORED }, turn, () => undefined)
    if (syntax === JPEG_BASELINE) {
      const coloured = withProfile(content, await this.profileOf(samples))
      return decoded(new Blob([coloured as BlobPart], { type: 'image/jpeg' }))
    }
    if (syntax !== EXPLICIT_LITTLE || !isPlain(samples)) return undefined
    const pixels = rgbaOf(content, samples)
    if (!pixels) throw new NoPicture('damaged')
    return createImageBitmap(pixels)
  }

  private async asRendered(tile: Tile, turn: Turn): Promise<ImageBitmap> {
    const answer = await answerTo({ address: this.addressOf(tile, '/rendered'), accept: 'image/png' }, turn)
    return decoded(await answer.blob())
  }

  private addressOf({ instanceUid, frame, digest }: Tile, form: string): string {
    return `${this.path}/instances/${instanceUid}/frames/${frame}${form}${digest && `?digest=${digest}`}`
  }

  /** The same for all levels of a glass; one that does not come is asked for again with the next tile. */
  private profileOf({ profile }: Samples): Promise<Uint8Array> {
    this.profile ??= profileAt(profile)
    this.profile.catch(() => (this.profile = undefined))
    return this.profile
  }
}

const decoded = (picture: Blob): Promise<ImageBitmap> =>
  createImageBitmap(picture).catch(() => Promise.reject(new NoPicture('damaged')))

async function profileAt(profile: Samples['profile']): Promise<Uint8Array> {
  if (profile?.InlineBinary) return Uint8Array.from(atob(profile.InlineBinary), (each) => each.charCodeAt(0))
  if (!profile?.BulkDataURI) return new Uint8Array()
  const turn: Turn = { signal: new AbortController().signal, came: () => undefined }
  const address = new URL(profile.BulkDataURI, location.href).pathname // a proxy may have another origin
  const { content } = await withTries(() => frameAt({ address, accept: AS_STORED }, turn, () => undefined))
  return content
}
