// Copies what pdf.js fetches beside its scripts to static/app/pdf: fonts and character maps of files that do not hold theirs, and decoders.
import { cpSync } from 'node:fs'

const FOLDERS = ['cmaps', 'standard_fonts', 'wasm']
const folder = new URL('../static/app/pdf/', import.meta.url)

for (const name of FOLDERS)
  cpSync(new URL(`node_modules/pdfjs-dist/${name}/`, import.meta.url), new URL(`${name}/`, folder), {
    recursive: true,
    filter: (path) => !path.includes('quickjs'), // what would run scripts of documents
  })
