/** Stands in for vtk.js' XMLPolyDataReader, which this application never uses (see vite.config.ts). */
export default {}
