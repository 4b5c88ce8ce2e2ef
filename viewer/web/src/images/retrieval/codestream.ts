/** How far the beginning of an HTJ2K codestream leads, which has its resolutions one after the other, the smallest first. */

export type Reached = {
  /** How often the picture is halved in what is there: 0 is its full size. */
  readonly level: number
  /** Bytes from the beginning up to the end of that resolution. */
  readonly end: number
}

const SOC = 0xff4f
const COD = 0xff52
const SOT = 0xff90
/** Of a start of tile-part, in bytes (ITU-T T.800 A.4.2). */
const SOT_LENGTH = 12

/**
 * By tile-parts: the largest resolution of which all is there (ITU-T T.800 A.4.2, A.6.1). Undefined before the first one is
 * complete, and where a tile-part is not a resolution, as in codestreams that others made.
 */
export function reached(codestream: Uint8Array): Reached | undefined {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength)
  const header = headerOf(view)
  if (!header) return undefined
  let at = header.end
  let found: Reached | undefined
  for (let part = 0; part <= header.levels; part++) {
    if (at + SOT_LENGTH > view.byteLength || view.getUint16(at) !== SOT) break
    const length = view.getUint32(at + 6)
    const [tile, number, parts] = [view.getUint16(at + 4), view.getUint8(at + 10), view.getUint8(at + 11)]
    if (tile !== 0 || number !== part || parts !== header.levels + 1) return undefined
    at += length
    if (length < SOT_LENGTH || at > view.byteLength) break
    found = { level: header.levels - part, end: at }
  }
  return found
}

/** The number of halvings, and where the first tile-part begins; undefined where the header is not there yet. */
function headerOf(view: DataView): { readonly levels: number; readonly end: number } | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== SOC) return undefined
  let levels: number | undefined
  let at = 2
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at)
    if (marker === SOT) return levels === undefined ? undefined : { levels, end: at }
    if (marker === COD && at + 10 <= view.byteLength) levels = view.getUint8(at + 9)
    at += 2 + view.getUint16(at + 2)
  }
  return undefined
}
