/** A slide under a microscope: levels of tiles, overview map, scale bar and label; it comes when one is met. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import TileLayer from 'ol/layer/Tile.js'
import OlMap from 'ol/Map.js'
import DragPan from 'ol/interaction/DragPan.js'
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom.js'
import PinchZoom from 'ol/interaction/PinchZoom.js'
import Kinetic from 'ol/Kinetic.js'
import Projection from 'ol/proj/Projection.js'
import ImageTile from 'ol/source/ImageTile.js'
import TileGrid from 'ol/tilegrid/TileGrid.js'
import View from 'ol/View.js'
import { text } from '../../language'
import { Part } from '../../part'
import { NoPicture, type Fault } from '../faults'
import type { Series } from '../series'
import { cornerOf } from '../technique'
import { glassBar } from './glass-bar'
import type { Glass, Level, Slide } from './pyramid'
import { magnification, scaleBar, showsAll, type Extent } from './scale'
import { Tiles } from './tiles'

/** Tiles on their way at once, as on the line of other pictures. */
const AT_ONCE = 4
/** Tiles that are kept, of 256 kB each where they are usual. */
const KEPT = 192
/** How much nearer than the finest pixels, and how much farther than all of it, somebody gets. */
const [NEAREST, FARTHEST] = [0.25, 1.25]
const [OVERVIEW, SMALL_OVERVIEW] = [
  { width: 168, height: 126 },
  { width: 104, height: 78 },
] as const
/** A cell that is narrower has the small one. */
const ROOM = 480
const STEP = 1.5
/** Of no series of slides: each has one glass at least. */
const NO_GLASS: Glass = {
  ...{ container: '', levels: [], beside: [], pixel_mm: undefined, power: undefined, paths: 1, planes: 1 },
  metadata: {},
}
const ALL = html`<svg viewBox="0 0 24 24" aria-hidden="true">
  <path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" />
</svg>`

/** Tells `slide-drawn` when all of each glass stood on the screen once, and `slide-failed` with the fault when a tile did not come. */
export class SlideView extends Part {
  static override properties = { slide: { attribute: false }, series: { attribute: false }, at: { state: true } }
  declare slide: Slide
  declare series: Series
  /** Of the glass that is shown, from 0. */
  declare at: number

  map: OlMap | undefined
  private overview: OlMap | undefined
  private fitting = 1
  /** The glasses of which all stood on the screen. */
  private readonly drawn = new Set<number>()
  private fault: Fault | undefined
  private isBesideOpen = false

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.close()
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.requestUpdate('at')
  }

  private close(): void {
    for (const map of [this.map, this.overview]) map?.setTarget(undefined)
    this.map = this.overview = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('slide')) {
      this.at = 0
      this.drawn.clear()
    }
    if (!changed.has('slide') && !changed.has('at')) return
    this.close()
    this.isBesideOpen = false
    this.fault = undefined
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('slide') && !changed.has('at')) return
    if (this.glass.levels.length === 0) this.fail('unsupported')
    else this.open()
  }

  private get glass(): Glass {
    return this.slide.glasses[this.at] ?? NO_GLASS
  }

  private get finest(): Level | undefined {
    return this.glass.levels.at(-1)
  }

  private get extent(): Extent {
    const { columns, rows } = this.finest ?? { columns: 1, rows: 1 }
    return [0, -rows, columns, 0]
  }

  private open(): void {
    const { finest } = this
    const target = this.querySelector<HTMLElement>('.slide-map')
    const small = this.querySelector<HTMLElement>('.slide-overview')
    if (!finest || !target || !small) return
    const extent = [...this.extent]
    const projection = new Projection({ code: 'slide', units: 'pixels', extent })
    const layer = (): TileLayer =>
      new TileLayer({ source: this.source(projection, extent), extent, cacheSize: KEPT, preload: 0 })
    const centre = [finest.columns / 2, -finest.rows / 2]
    const viewOf = (): View => {
      this.fitting = Math.max(finest.columns / target.clientWidth, finest.rows / target.clientHeight)
      const view = new View({
        ...{ projection, center: centre, resolution: this.fitting, enableRotation: false },
        ...{ extent, constrainOnlyCenter: true, smoothExtentConstraint: false, smoothResolutionConstraint: false },
        ...{ minResolution: Math.min(NEAREST, this.fitting), maxResolution: FARTHEST * this.fitting },
      })
      view.on(['change:center', 'change:resolution'], () => this.requestUpdate())
      return view
    }
    const map = new OlMap({
      ...{ target, view: viewOf(), layers: [layer()], controls: [], maxTilesLoading: AT_ONCE },
      interactions: [new DragPan({ kinetic: new Kinetic(-0.005, 0.05, 100) }), new MouseWheelZoom(), new PinchZoom()],
    })
    this.map = map
    map.on('rendercomplete', () => this.rendered())
    // A cell of another size: whoever had all of it on the screen still has, and others stay at what they look at.
    map.on('change:size', () => {
      if (target.clientWidth === 0 || target.clientHeight === 0) return
      const [was, place, all] = [map.getView().getResolution() ?? 0, map.getView().getCenter(), this.fitting]
      const view = viewOf()
      map.setView(view)
      if (place && was < 0.999 * all) {
        view.setResolution(Math.min(was, FARTHEST * this.fitting))
        view.setCenter(place)
      }
      this.requestUpdate()
    })
    const smallest = Math.max(finest.columns / small.clientWidth, finest.rows / small.clientHeight)
    this.overview = new OlMap({
      ...{ target: small, layers: [layer()], controls: [], interactions: [], maxTilesLoading: 1 },
      view: new View({ projection, center: centre, resolution: smallest, resolutions: [smallest] }),
    })
    this.requestUpdate()
  }

  private source(projection: Projection, extent: number[]): ImageTile {
    const { levels } = this.glass
    const tiles = new Tiles(this.slide.path)
    return new ImageTile({
      ...{ projection, transition: 0, wrapX: false, interpolate: true },
      tileGrid: new TileGrid({
        ...{ extent, origin: [0, 0] },
        resolutions: levels.map(({ resolution }) => resolution),
        tileSizes: levels.map(({ samples }) => [samples.columns, samples.rows]),
      }),
      loader: async (z, x, y, { signal }) => {
        const level = levels[z]
        const tile = level?.tileAt(x, y)
        if (!level || !tile) return absent(level)
        try {
          return await tiles.of(level, tile, signal)
        } catch (error) {
          if (!signal.aborted) this.fault ??= error instanceof NoPicture ? error.fault : 'load_failed'
          throw error
        }
      },
    })
  }

  /** All tiles that stand on the screen have come, or have failed. */
  private rendered(): void {
    if (this.fault) return this.fail(this.fault)
    const [view, size] = [this.map?.getView(), this.map?.getSize()]
    const resolution = view?.getResolution()
    if (this.drawn.has(this.at) || !view || !size || !resolution) return
    if (!showsAll(view.calculateExtent(size) as unknown as Extent, this.extent, resolution)) return
    this.drawn.add(this.at)
    if (this.drawn.size >= this.slide.glasses.length) this.tell('slide-drawn')
    this.requestUpdate()
  }

  private fail(fault: Fault): void {
    this.fault = fault
    this.tell<Fault>('slide-failed', fault)
    this.requestUpdate()
  }

  /** Above 1 nearer. */
  zoomBy(factor: number): void {
    this.map?.getView().adjustResolution(1 / factor)
  }

  /** All of it. */
  fit(): void {
    const { finest } = this
    this.map?.getView().setResolution(this.fitting)
    if (finest) this.map?.getView().setCenter([finest.columns / 2, -finest.rows / 2])
  }

  private panBy(x: number, y: number): void {
    const view = this.map?.getView()
    const [along = 0, up = 0] = view?.getCenter() ?? []
    const step = 80 * (view?.getResolution() ?? 1)
    view?.setCenter([along + x * step, up - y * step])
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const acts: Readonly<Record<string, () => void>> = {
      '+': () => this.zoomBy(STEP),
      '=': () => this.zoomBy(STEP),
      '-': () => this.zoomBy(1 / STEP),
      0: () => this.fit(),
      Home: () => this.fit(),
      ArrowLeft: () => this.panBy(-1, 0),
      ArrowRight: () => this.panBy(1, 0),
      ArrowUp: () => this.panBy(0, -1),
      ArrowDown: () => this.panBy(0, 1),
    }
    const act = acts[event.key]
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  /** To the place in the overview. */
  private readonly goTo = (event: PointerEvent): void => {
    const { finest } = this
    if (!finest || (event.type === 'pointermove' && event.buttons === 0)) return
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
    this.map?.getView().setCenter([x * finest.columns, -y * finest.rows])
  }

  override render(): TemplateResult {
    const { columns, rows } = this.finest ?? { columns: 1, rows: 1 }
    const room = this.clientWidth < ROOM ? SMALL_OVERVIEW : OVERVIEW
    const wide = Math.min(room.width, (room.height * columns) / rows)
    return html`<div
        class="slide-map"
        tabindex="0"
        role="img"
        aria-label=${text('desk.slide.viewport')}
        @keydown=${this.key}
      ></div>
      <div
        class="slide-overview"
        role="img"
        aria-label=${text('desk.slide.map')}
        style="width: ${wide}px; height: ${(wide * rows) / columns}px"
        @pointerdown=${this.goTo}
        @pointermove=${this.goTo}
      >
        ${this.box(columns, rows)}
      </div>
      ${this.corners()} ${this.bar()} ${this.beside()} ${this.message()}`
  }

  private corners(): TemplateResult {
    const { about, patient, study } = cornerOf(this.glass.metadata, this.series)
    return html`<div class="overlay">
      <p class="top-left">${patient}<br />${about}</p>
      <p class="top-right">${study}</p>
    </div>`
  }

  /** Where in the slide the screen is. */
  private box(columns: number, rows: number): TemplateResult | typeof nothing {
    const view = this.map?.getView()
    if (!view) return nothing
    const [left = 0, bottom = 0, right = 0, top = 0] = view.calculateExtent(this.map?.getSize())
    const [from, to] = [Math.max(0, left / columns), Math.min(1, right / columns)]
    const [above, below] = [Math.max(0, -top / rows), Math.min(1, -bottom / rows)]
    const share = (part: number): string => `${(100 * part).toFixed(2)}%`
    return html`<i
      style="left: ${share(from)}; top: ${share(above)}; width: ${share(to - from)}; height: ${share(below - above)}"
    ></i>`
  }

  private bar(): TemplateResult {
    const { pixel_mm, power } = this.glass
    const resolution = this.map?.getView().getResolution() ?? this.fitting
    const scale = pixel_mm === undefined ? undefined : scaleBar(pixel_mm * resolution)
    const button = (
      key: 'farther' | 'nearer' | 'whole',
      sign: string | TemplateResult,
      act: () => void,
    ): TemplateResult =>
      html`<button title=${text(`desk.slide.${key}`)} aria-label=${text(`desk.slide.${key}`)} @click=${act}>
        ${sign}
      </button>`
    return html`<div class="slide-bar" role="toolbar" aria-label=${text('desk.slide.tools')}>
      ${button('farther', '−', () => this.zoomBy(1 / STEP))} ${button('nearer', '+', () => this.zoomBy(STEP))}
      ${button('whole', ALL, () => this.fit())}
      ${glassBar(this.slide.glasses, this.at, this.drawn, (at) => (this.at = at))}
      <output class="slide-scale">
        ${
          scale
            ? html`<i style="width: ${scale.points.toFixed(1)}px"></i><span>${scale.words}</span>`
            : html`<span>${text('desk.slide.no-scale')}</span>`
        }
        ${power ? html`<span>${magnification(power, resolution)}</span>` : nothing}
      </output>
    </div>`
  }

  /** A label may carry a name: it is shown when somebody asks for it. */
  private beside(): TemplateResult | typeof nothing {
    const { beside, paths, planes } = this.glass
    const toggle = (): void => {
      this.isBesideOpen = !this.isBesideOpen
      this.requestUpdate()
    }
    return html`<div class="slide-beside">
      ${
        beside.length > 0
          ? html`<button aria-expanded=${this.isBesideOpen} @click=${toggle}>${text('desk.slide.beside')}</button>`
          : nothing
      }
      ${paths > 1 || planes > 1 ? html`<p>${text('desk.slide.one-of', { paths, planes })}</p>` : nothing}
      ${
        this.isBesideOpen
          ? beside.map(
              ({ kind, address }) =>
                html`<figure>
                  <img src=${address} alt=${text(`desk.slide.${kind}`)} />
                  <figcaption>${text(`desk.slide.${kind}`)}</figcaption>
                </figure>`,
            )
          : nothing
      }
    </div>`
  }

  private message(): TemplateResult | typeof nothing {
    const { fault } = this
    if (fault)
      return html`<div class="message beside" role="alert">
        <p>${text('desk.slide.failed')}</p>
        <button @click=${() => this.requestUpdate('at')}>${text('common.try-again')}</button>
      </div>`
    return this.drawn.has(this.at)
      ? nothing
      : html`<p class="message beside" role="status">${text('desk.slide.coming')}</p>`
  }
}
customElements.define('tierread-slide', SlideView)

/** The slide has nothing there: as white as its glass (PS3.3 C.8.12.4.1.10). */
function absent(level: Level | undefined): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = level?.samples.columns ?? 1
  canvas.height = level?.samples.rows ?? 1
  const context = canvas.getContext('2d')
  if (context) {
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  return canvas
}
