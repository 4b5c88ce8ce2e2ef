// Ends the build where the scripts before the first picture are more than a county's line carries in time.
import { readdirSync, statSync } from 'node:fs'

const MOST_BYTES = 1_000_000 // after brotli
const folder = new URL('../static/app/assets/', import.meta.url)
// Decoders of pictures that are stored otherwise than as they travel, and work that only other tools of Cornerstone's ask for; what draws
// objects that few cases have; the second window; the microphone.
const whenMet =
  /^(charlswasm|computeWorker|ecg-view|jpeg|jpegxlwasm|layers|libjpegturbowasm|lossless|openjpegwasm|pdf-document|pdf-view|recorder|second|slide-view)[-_]/

const counted = readdirSync(folder).filter((name) => /\.(js|wasm)\.br$/.test(name) && !whenMet.test(name))
const sizes = counted.map((name) => [name, statSync(new URL(name, folder)).size])
const bytes = sizes.reduce((sum, [, size]) => sum + size, 0)
if (bytes > MOST_BYTES || !counted.some((name) => name.startsWith('stack-'))) {
  for (const [name, size] of sizes) console.error(size, name)
  console.error(`${bytes} bytes of script before the first picture; ${MOST_BYTES} are the most`)
  process.exit(1)
}
