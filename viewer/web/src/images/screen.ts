/** Cornerstone set up once: loader with web workers, tools, how to draw, and what to ask the server for. */
import * as core from '@cornerstonejs/core'
import * as loader from '@cornerstonejs/dicom-image-loader'
import * as tools from '@cornerstonejs/tools'
import { noteAnnounced } from './announced'
import { TAG, textOf, type DataSet } from './dicom-json'
import { planesOf } from './overlay-planes'
import { isLarge, type Picture } from './pictures'
import { RENDERED } from './rendered'
import { loadRendered } from './rendered-loader'
import { drawable } from './tools/calibration'
import { addTools } from './tools/hand'
import { voiOf } from './voi'
import { windowOf } from './window-level'
import { loadWhole } from './whole-loader'

const ENGINE = 'desk'
const BEFORE_THE_LOADERS = 10_000
const CACHE_BYTES_MAX = 1024 * 1024 * 1024
const CACHE_BYTES_MIN = 256 * 1024 * 1024
/** Key in local storage: 'cpu' or 'gpu' where the support desk overrides our choice because a driver draws wrongly. */
const DRAWING = 'tierread.drawing'

/**
 * As stored, except that uncompressed pixels travel as HTJ2K, which halves them and draws by and by.
 * A server that cannot make HTJ2K of a picture answers with what is stored.
 */
const ACCEPT = [
  'multipart/related; type="image/jphc"; transfer-syntax=1.2.840.10008.1.2.4.202',
  'multipart/related; type="application/octet-stream"; transfer-syntax=*; q=0.5',
].join(', ')

/** One request, decoded again as it grows; never beside a range stage, which spoils the final pixels. */
const BY_AND_BY = {
  retrieveOptions: {
    single: { streaming: true, initialChunkSize: 40_960, chunkSize: 131_072, msBetweenDecode: 3_000 },
  },
}

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
    beforeSend: () => ({ Accept: ACCEPT }),
  })
  core.metaData.addProvider(windows, BEFORE_THE_LOADERS)
  core.imageLoader.registerImageLoader('wadors', loadWhole)
  core.imageLoader.registerImageLoader(RENDERED, loadRendered)
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

/** A quarter of the machine's memory: PCs at the county have 4 GB. */
function cacheBytes(): number {
  const memory_GiB = (navigator as Navigator & { readonly deviceMemory?: number }).deviceMemory ?? 4
  return Math.min(CACHE_BYTES_MAX, Math.max(CACHE_BYTES_MIN, (memory_GiB / 4) * 1024 * 1024 * 1024))
}

/** Large pictures of grey values whose window is known before their pixels, and that need nothing drawn into them. */
const comesByAndBy = ({ imageId, frame, metadata }: Picture): boolean =>
  !imageId.startsWith(`${RENDERED}:`) &&
  isLarge(metadata) &&
  textOf(metadata, TAG.PhotometricInterpretation).startsWith('MONOCHROME') &&
  voiOf(metadata) !== undefined &&
  planesOf(metadata, frame).length === 0

/** What is in memory of a picture whose series has other content by now may be another picture. */
function forgetOther({ imageId, content }: Picture, before: Picture | undefined): void {
  if (before === undefined || before.content === content) return
  const isKept = core.cache.getImageLoadObject(imageId) ?? core.cache.getImage(imageId) // complete, on its way, or coarse
  if (isKept) core.cache.removeImageLoadObject(imageId, { force: true })
}

/** Makes pictures known to Cornerstone. */
export function announce(pictures: readonly Picture[]): void {
  for (const picture of pictures) {
    const { imageId, metadata } = picture
    forgetOther(picture, noteAnnounced(picture))
    loader.wadors.metaDataManager.add(imageId, { ...drawable(metadata) } as never)
    if (comesByAndBy(picture)) core.utilities.imageRetrieveMetadataProvider.add(imageId, BY_AND_BY)
  }
}
