// The desk's own element, without the shell around it; `draw` shows a picture and reads back what is on the canvas.
const fetched = async (path) => {
  const answer = await fetch(path, { headers: { Accept: 'application/dicom+json' } })
  return answer.status === 204 ? [] : await answer.json()
}
const panel = document.createElement('tierread-images')
panel.client = { dataSets: fetched, get: async () => ({}) }
let settings = {} // nobody has signed in: they last as long as the page
panel.settings = { of: (name) => settings[name] ?? {}, change: (name, parts) => (settings = { ...settings, [name]: { ...settings[name], ...parts } }) }
panel.studies = window.studies
document.body.append(panel)
panel.marks = []
panel.imageSet = 'one'

const until = async (condition, milliseconds) => {
  const end = performance.now() + milliseconds
  while (!condition()) {
    if (performance.now() > end) return false
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  return true
}
// The cell with the pictures; it is there as soon as the panel is.
const cell = () => panel.querySelector('tierread-cell')
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)))
const MOST = 640

// One point of the canvas for one pixel: both have the same parity, so that their middles fall together.
const sizeStage = (columns, rows) => {
  const points = (pixels) => Math.min(pixels, MOST) + ((pixels - Math.min(pixels, MOST)) % 2)
  Object.assign(panel.querySelector('.stage').style, { width: `${points(columns)}px`, height: `${points(rows)}px` })
}

const draw = async (seriesUid, instanceUid, frame, [columns, rows]) => {
  if (!(await until(() => panel.series, 20000))) return { failure: 'no series' }
  const series = panel.series.find((each) => each.seriesUid === seriesUid)
  if (!series) return { failure: 'no such series' }
  sizeStage(columns, rows)
  if (cell().series !== series) panel.choose(series)
  if (!(await until(() => cell().series === series && (cell().pictures.length > 0 || cell().failure), 10000)))
    return { failure: 'no pictures' }
  const index = cell().pictures.findIndex((each) => each.instanceUid === instanceUid && each.frame === frame)
  if (index < 0) return { failure: 'no such picture' }
  const shown = () => cell().view.index === index && ['full', 'failed'].includes(cell().view.quality)
  if (!(await until(() => cell().stack && cell().view.quality !== 'none', 30000))) return { failure: 'waits for ever' }
  cell().stack.goTo(index)
  if (!(await until(() => shown() || cell().failure, 30000))) return { failure: 'waits for ever' }
  if (cell().view.quality !== 'full') return { failure: 'no picture' }
  return await read()
}

// What is on the canvas of the first cell, one point for one pixel.
const read = async () => {
  const { viewport } = cell().stack
  await painted()
  const spacing = viewport.getImageData()?.spacing ?? [1, 1]
  viewport.setProperties({ interpolationType: 0 }) // the nearest pixel: what is drawn, not how it is smoothed
  cell().stack.stance.fit()
  viewport.setCamera({ parallelScale: (viewport.element.clientHeight * spacing[1]) / 2 })
  viewport.render()
  await painted()
  await painted()
  const canvas = viewport.getCanvas()
  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const rgb = new Uint8Array((data.length / 4) * 3)
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from]
    rgb[to++] = data[from + 1]
    rgb[to++] = data[from + 2]
  }
  const parts = []
  for (let at = 0; at < rgb.length; at += 30000) parts.push(String.fromCharCode(...rgb.subarray(at, at + 30000)))
  const square = Math.abs(spacing[0] / spacing[1] - 1) < 0.000001
  return { width, height, square, fromServer: cell().view.fromServer, pixels: btoa(parts.join('')) }
}

// Of what is on the screen in the first cell, whichever picture that is.
window.readNow = async (columns, rows) => {
  sizeStage(columns, rows)
  await painted()
  await painted()
  return await read()
}

// How large the picture is shown when the desk comes to it from another one, in a stage of one size.
window.zoomAt = async (seriesUid, instanceUid) => {
  Object.assign(panel.querySelector('.stage').style, { width: '400px', height: '400px' })
  await painted()
  cell().stack.goTo(cell().pictures.findIndex((each) => each.instanceUid === instanceUid))
  await until(() => cell().pictures[cell().view.index]?.instanceUid === instanceUid && cell().view.quality === 'full', 10000)
  await painted()
  await painted()
  return cell().view.zoom
}

// Begun in one call and read in another, so that two browsers draw at a time.
window.begin = (...asked) => {
  window.drawn = draw(...asked).catch((error) => ({ failure: String(error) }))
}
