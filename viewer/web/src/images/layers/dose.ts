/** A dose over pictures of its frame of reference, as areas and lines of parts of its highest value. */
import type { Picture } from '../pictures'
import type { Colour } from './colour'
import { linesAt } from './contour-lines'
import { dosesAt, dosesOf, type DoseGrid } from './doses'
import { Frames } from './fetched'
import { gridOf, isOneSpace, type Grid } from './grid'
import type { Found, Layer, Made, Part, Shape } from './layer'

/** From the highest to the lowest, in percent, in the colours that planning systems have for them. */
const LEVELS: readonly (readonly [number, Colour])[] = [
  [95, [255, 60, 60]],
  [90, [255, 140, 30]],
  [80, [255, 225, 60]],
  [70, [90, 220, 90]],
  [50, [70, 190, 255]],
  [30, [110, 110, 255]],
  [10, [170, 100, 220]],
]
/** Pictures whose shapes are kept. */
const KEPT = 24

export class DoseLayer implements Layer {
  readonly kind = 'dose'
  readonly title: string
  private readonly frames: Frames
  private doses: Float32Array | undefined
  private highest = 0
  private readonly known = new Map<string, readonly Shape[]>()

  /** `address` is that of the instance; `onChange`: more of it can be drawn. */
  constructor(
    private readonly dose: DoseGrid,
    address: string,
    onChange: () => void,
  ) {
    this.title = dose.title
    this.frames = new Frames(address, onChange)
  }

  /** How high each is, is known once the values are there. */
  get parts(): readonly Part[] {
    return LEVELS.map(([percent, colour]) => ({ id: percent, name: this.nameOf(percent), colour }))
  }

  private nameOf(percent: number): string {
    if (!this.doses || !this.dose.isInGray) return `${percent} %`
    return `${((this.highest * percent) / 100).toFixed(1)} Gy · ${percent} %`
  }

  on(picture: Picture, made: Made): Found {
    const target = gridOf(picture.metadata)
    if (!target || !isOneSpace(target, this.dose.grid)) return 'elsewhere'
    if (made === 'slab') return 'slab'
    const known = this.known.get(picture.imageId)
    if (known) return known
    const stored = this.doses ? [] : this.frames.take(this.dose.planes.map(({ frame }) => frame))
    if (typeof stored === 'string') return stored
    this.doses ??= this.read(stored)
    const shapes = this.highest > 0 ? shapesOf(dosesAt(target, this.dose, this.doses), target, this.highest) : []
    this.known.set(picture.imageId, shapes)
    const [oldest] = this.known.keys()
    if (this.known.size > KEPT && oldest !== undefined) this.known.delete(oldest)
    return shapes
  }

  private read(stored: readonly Uint8Array[]): Float32Array {
    const doses = dosesOf(this.dose, stored)
    this.highest = doses.reduce((most, value) => (value > most ? value : most), 0)
    return doses
  }

  again(): void {
    this.frames.again()
  }

  close(): void {
    this.frames.close()
  }
}

/** What lies from each level up to the next one is an area of its own, so that colours do not mix. */
function shapesOf(doses: Float32Array, { columns, rows }: Grid, highest: number): readonly Shape[] {
  const levels = LEVELS.map(([percent]) => (highest * percent) / 100)
  const areas = LEVELS.map(() => new Uint8Array(columns * rows))
  doses.forEach((dose, at) => {
    const area = areas[levels.findIndex((level) => dose >= level)]
    if (area) area[at] = 255
  })
  return LEVELS.flatMap(([percent], nth) => {
    const values = areas[nth] ?? new Uint8Array()
    const lines = linesAt(levels[nth] ?? NaN, doses, columns, rows)
    if (lines.length === 0 && !values.includes(255)) return []
    return [{ part: percent, mask: { columns, rows, values }, lines, areClosed: false }]
  })
}
