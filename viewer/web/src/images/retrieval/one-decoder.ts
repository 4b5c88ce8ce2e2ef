/**
 * OpenJPH with one decoder at a time. Cornerstone makes one for each picture and gives none of them back: a worker would hold
 * every codestream that it decoded, and its pixels, until it ends.
 */
import openJph from '@cornerstonejs/codec-openjph'

export default async function oneDecoder(options: object): Promise<Awaited<ReturnType<typeof openJph>>> {
  const codec = await openJph(options)
  let last: { delete(): void } | undefined
  codec.HTJ2KDecoder = new Proxy(codec.HTJ2KDecoder, {
    construct: (decoder) => {
      last?.delete()
      return (last = new decoder())
    },
  })
  return codec
}
