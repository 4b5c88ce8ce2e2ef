import { defineConfig } from 'vitest/config'
import { fileURLToPath } from 'node:url'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  base: '/app/',
  publicDir: false,
  resolve: {
    alias: [
      // Cornerstone's polygon-mesh reader drags in vtk.js' XML readers, whose base class the bundler evaluates too late
      // ("Class extends value undefined" and a blank page). We never read VTK files.
      { find: /^@kitware\/vtk\.js\/IO\/XML\/XMLPolyDataReader(\.js)?$/, replacement: here('src/images/no-mesh-reader.ts') },
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
