// Writes a brotli and a gzip copy beside each file of the build: compressed once, not at each request.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const folder = new URL('../static/app/', import.meta.url)
const worthIt = /\.(m?js|css|html|wasm|svg|json)$/

for (const name of readdirSync(folder, { recursive: true })) {
  if (!worthIt.test(name)) continue
  const file = new URL(name, folder)
  const plain = readFileSync(file)
  const brotli = brotliCompressSync(plain, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  })
  const gzip = gzipSync(plain, { level: 9 })
  for (const [suffix, packed] of [
    ['.br', brotli],
    ['.gz', gzip],
  ])
    if (packed.length < plain.length * 0.95) writeFileSync(new URL(name + suffix, folder), packed)
}
