/** Cornerstone set up once: loader with web workers, tools, how to draw, and what to ask the server for. */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import * as tools from '@cornerstonejs/tools'
import type { DataSet } from './dicom-json'
import { RENDERED } from './rendered'
import { loadRendered } from './rendered-loader'
import { coarsePictures } from './retrieval/announce'
import { deskLine } from './retrieval/desk-line'
import { Dropped } from './retrieval/line'
import { cacheBytes, means } from './retrieval/memory'
import { addTools } from './tools/hand'
import { voiOf } from './voi'
import { windowOf } from './window-level'
import { loadWhole } from './whole-loader'

const ENGINE = 'desk'
const BEFORE_THE_LOADERS = 10_000
/** Key in local storage: 'cpu' or 'gpu' where the support desk overrides our choice because a driver draws wrongly. */
const DRAWING = 'tierread.drawing'

let engine: core.RenderingEngine | undefined

/** The one rendering engine of the page; made at the first picture. */
export function screen(): core.RenderingEngine {
  if (engine) return engine
  const capabilities = core.getRenderingCapabilities()
  const override = localStorage.getItem(DRAWING)
  // A graphics card that is only imitated in software draws more slowly than the plain processor does.
  // One without textures of floating point would show values before their rescale in a window of those after it.
  const cannot = !capabilities.webgl || capabilities.softwareRasterizer || !core.canRenderFloatTextures()
  const onProcessor = override ? override === 'cpu' : cannot
  core.init({ rendering: { useCPURendering: onProcessor, webGlContextCount: 2 }, debug: { statsOverlay: false } })
  core.setUseCPURendering(onProcessor, false)
  core.cache.setMaxCacheSize(cacheBytes())
  loader.init({
    maxWebWorkers: Math.min(4, Math.max(1, navigator.hardwareConcurrency - 1)),
    useLegacyMetadataProvider: true,
  })
  core.metaData.addProvider(windows, BEFORE_THE_LOADERS)
  core.metaData.addProvider(coarsePictures)
  core.imageLoader.registerImageLoader('wadors', loadWhole)
  core.imageLoader.registerImageLoader(RENDERED, loadRendered)
  for (const type of [core.Enums.RequestType.Interaction, core.Enums.RequestType.Prefetch])
    core.imageLoadPoolManager.setMaxSimultaneousRequests(type, Infinity) // they wait in our line instead
  addEventListener('unhandledrejection', (event) => event.reason instanceof Dropped && event.preventDefault())
  deskLine.connect(means)
  tools.init()
  addTools()
  engine = new core.RenderingEngine(ENGINE)
  return engine
}

/** What lies in an element whose size is watched. */
export type Sized = {
  /** Nobody zoomed or moved the picture: it fills its place, and is to fill it again when that has another size. */
  fills(): boolean
  fit(): void
}

const inside = new Map<Element, Sized>()

/** Of all viewports at once: however many change their size, they are resized together. */
const sizes = new ResizeObserver(() => {
  const filling = [...inside.values()].filter((sized) => sized.fills())
  engine?.resize(true, true)
  for (const sized of filling) sized.fit()
})

export function watchSize(element: Element, sized: Sized): void {
  inside.set(element, sized)
  sizes.observe(element)
}

export function leaveSize(element: Element): void {
  inside.delete(element)
  sizes.unobserve(element)
}

/**
 * Windows by our reading of them, in the terms of LINEAR: the loader's provider hands over the first letter of their
 * function, and drawing on the processor knows no other.
 */
function windows(type: string, imageId: string): object | undefined {
  if (type !== core.Enums.MetadataModules.VOI_LUT) return undefined
  const metadata = loader.wadors.metaDataManager.get(imageId) as DataSet | undefined
  const voi = metadata && voiOf(metadata)
  if (!voi) return {}
  const { center, width } = windowOf(voi.range)
  const { LINEAR, SAMPLED_SIGMOID } = core.Enums.VOILUTFunctionType
  return { windowCenter: [center], windowWidth: [width], voiLUTFunction: [voi.sigmoid ? SAMPLED_SIGMOID : LINEAR] }
}
