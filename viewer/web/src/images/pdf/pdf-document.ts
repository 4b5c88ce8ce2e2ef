/** Opens a PDF with pdf.js: no script of the document is run, and what reads it is a worker that ends with the document. */
import type { PDFDocumentProxy, PDFPageProxy } from 'pdfjs-dist'
// As they are: bundling them anew would take longer than the rest of the application.
import pdfJs from 'pdfjs-dist/legacy/build/pdf.min.mjs?url'
import reader from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'
import { NotOpened } from './trouble'

/** Samples of a picture within a page, and points of a page on the screen: more would not fit into an old machine's memory. */
const MOST_SAMPLES = 64 * 1024 * 1024
const MOST_POINTS = 16 * 1024 * 1024
/** With tens of thousands the desk would stand still for half a minute. */
const MOST_PAGES = 2000
/** Beside the scripts of the build (pdf.mjs): what fonts that were not put into the file need, and decoders. */
const HELP = new URL(`${import.meta.env.BASE_URL}pdf/`, location.href).href

const library = (): Promise<typeof import('pdfjs-dist')> => import(/* @vite-ignore */ pdfJs)

export class PdfDocument {
  private constructor(
    private readonly own: PDFDocumentProxy,
    private readonly end: () => void,
  ) {}

  /** Raises NotOpened. */
  static async of(bytes: Uint8Array): Promise<PdfDocument> {
    const { getDocument, InvalidPDFException, PasswordException, PDFWorker } = await library()
    const port = new Worker(reader, { type: 'module' })
    const loading = getDocument({
      data: bytes,
      worker: PDFWorker.create({ port }),
      cMapUrl: `${HELP}cmaps/`,
      standardFontDataUrl: `${HELP}standard_fonts/`,
      wasmUrl: `${HELP}wasm/`,
      enableXfa: false,
      maxImageSize: MOST_SAMPLES,
      verbosity: 0,
    })
    const end = (): void => void loading.destroy().finally(() => port.terminate())
    try {
      const own = await loading.promise
      if (own.numPages < 1) throw new NotOpened('broken')
      if (own.numPages > MOST_PAGES) throw new NotOpened('large')
      return new PdfDocument(own, end)
    } catch (error) {
      end()
      if (error instanceof PasswordException) throw new NotOpened('locked')
      throw error instanceof InvalidPDFException ? new NotOpened('broken') : error
    }
  }

  get pages(): number {
    return this.own.numPages
  }

  /** `number` counts from 1. Rejects where nothing can be made of the page. */
  async page(number: number): Promise<PdfPage> {
    return new PdfPage(await this.own.getPage(number))
  }

  close(): void {
    this.end()
  }
}

export class PdfPage {
  constructor(private readonly own: PDFPageProxy) {}

  /** Its height for a width of 1. */
  get ratio(): number {
    const { width, height } = this.own.getViewport({ scale: 1 })
    return height / width
  }

  /** On a canvas of so many points of the screen in width, as sharp as the screen is. */
  async draw(canvas: HTMLCanvasElement, width: number): Promise<void> {
    const whole = this.own.getViewport({ scale: 1 })
    const sharp = (width / whole.width) * devicePixelRatio
    const most = Math.sqrt(MOST_POINTS / (whole.width * whole.height))
    const viewport = this.own.getViewport({ scale: Math.min(sharp, most) })
    canvas.width = Math.max(1, Math.floor(viewport.width))
    canvas.height = Math.max(1, Math.floor(viewport.height))
    await this.own.render({ canvas, viewport }).promise
  }

  /** What is written on it, for whoever hears it read. */
  async words(): Promise<string> {
    const { items } = await this.own.getTextContent()
    return items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('')
  }
}
