import { defineConfig } from 'vitest/config'


const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname)

export default defineConfig({
  base: '/app/',
  publicDir: false,
  resolve: {
    alias: [
      // Cornerstone's polygon-mesh reader drags in vtk.js' XML readers, whose base class the bundler evaluates too late
      // ("Class extends value undefined" and a blank page). We never read VTK files.
      { find: /^@kitware\/vtk\.js\/IO\/XML\/XMLPolyDataReader(\.js)?$/, replacement: here('src/images/no-mesh-reader.ts') },
      // 140 kB after compression, for a dictionary and a file reader that Cornerstone holds ready and we never use.
      { find: 'dcmjs', replacement: here('src/images/no-dcmjs.ts') },
      // Its decoders are never freed by Cornerstone's worker.
      { find: '@cornerstonejs/codec-openjph/wasmjs', replacement: here('src/images/retrieval/one-decoder.ts') },
    ],
  },
  worker: { format: 'es' },
  build: {
    outDir: here('../static/app'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 6000,
  },
  test: { include: ['test/**/*.test.ts'] },
})
