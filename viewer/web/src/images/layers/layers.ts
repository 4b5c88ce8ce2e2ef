/** All that lies over the pictures of a case, which parts of it are shown, and how. */
import type { TemplateResult } from 'lit'
import type { Client } from '../../api/client'
import { text } from '../../language'
import { TAG, textOf, type DataSet } from '../dicom-json'
import type { Picture } from '../pictures'
import { seriesPath } from '../pictures'
import type { Series } from '../series'
import { DoseLayer } from './dose'
import { doseGridOf } from './doses'
import type { Affine } from './affine'
import type { Layer, Made, Unusable } from './layer'
import { layersMenu } from './menu'
import { paint, type Painted } from './paint'
import { SegmentationLayer } from './segmentation'
import { segmentationOf } from './segments'
import { StructuresLayer, structuresOf } from './structures'
import { States } from '../states/states'
import type { InCell } from '../states/apply'
import { bitmapOf } from '../states/bitmap'
import { stateOf, type State } from '../states/state'

/** As it is at a moment. */
export type Over = {
  /** Draws what lies over the picture; nothing where it is not known how that stands on the screen. */
  draw(canvas: HTMLCanvasElement, picture: Picture, made: Made, affine: Affine | undefined): void
  /** What is said over the picture of what cannot be drawn there. */
  words(picture: Picture, made: Made): string
}

export class Layers {
  opacity = 0.35
  isFilled = true
  private readonly hidden = new Set<string>()

  constructor(
    readonly layers: readonly Layer[],
    readonly unusable: readonly Unusable[],
    readonly states: States,
    readonly onChange: () => void,
  ) {}

  /** `cells`: where a presentation state is to be seen; `onState`: the person chose another one. Raises Problem, Unreachable. */
  static async of(
    client: Client,
    series: readonly Series[],
    cells: () => readonly InCell[],
    { onChange, onState }: { onChange(this: void): void; onState(this: void): void },
  ): Promise<Layers> {
    const instances = await Promise.all(
      series.map(async (each) =>
        (await client.dataSets(`${seriesPath(each)}/metadata`)).map((instance) => ({
          instance,
          path: seriesPath(each),
        })),
      ),
    )
    const states = await Promise.all(instances.flat().map(({ instance }) => withItsBits(instance)))
    const found = instances.flat().flatMap(({ instance, path }) => layerOf(instance, path, onChange))
    return new Layers(
      found.filter((one) => 'on' in one),
      found.filter((one) => 'why' in one),
      new States(
        states.flatMap((state) => state ?? []),
        cells,
        onState,
      ),
      onChange,
    )
  }

  close(): void {
    for (const layer of this.layers) layer.close()
  }

  isShown(layer: Layer, part: number): boolean {
    return !this.hidden.has(this.keyOf(layer, part))
  }

  toggle(layer: Layer, part: number): void {
    const key = this.keyOf(layer, part)
    if (!this.hidden.delete(key)) this.hidden.add(key)
    this.onChange()
  }

  private keyOf(layer: Layer, part: number): string {
    return `${this.layers.indexOf(layer)}/${part}`
  }

  /** What did not come is asked for anew. */
  again(): void {
    for (const layer of this.layers) layer.again()
    this.onChange()
  }

  /** Another one at each change, so that what is drawn from it is drawn anew. */
  get over(): Over {
    return {
      draw: (canvas, picture, made, affine) => {
        paint(canvas, affine, this.paintedOn(picture, made), this)
        this.states.draw(canvas, picture, made, affine)
      },
      words: (picture, made) => this.wordsOn(picture, made),
    }
  }

  private paintedOn(picture: Picture, made: Made): readonly Painted[] {
    return this.layers.flatMap((layer) => {
      const found = layer.on(picture, made)
      if (typeof found === 'string') return []
      return found.flatMap((shape) => {
        const part = layer.parts.find(({ id }) => id === shape.part)
        return part && this.isShown(layer, part.id) ? [{ shape, colour: part.colour }] : []
      })
    })
  }

  private wordsOn(picture: Picture, made: Made): string {
    const absent = this.layers.flatMap((layer) => {
      const found = layer.on(picture, made)
      return found === 'made' || found === 'slab' || found === 'lost' ? [text(`desk.layers.absent.${found}`)] : []
    })
    return [this.states.words(picture, made), ...new Set(absent)].filter(Boolean).join(' ')
  }

  /** `picture`: in the active cell. */
  menu(picture: Picture | undefined, made: Made, isOn: boolean, onToggle: () => void): TemplateResult {
    return layersMenu({ layers: this, picture, made, isOn, onToggle })
  }
}

/** A shutter whose bits do not come is not drawn, and the state says that it is not whole. */
async function withItsBits(instance: DataSet): Promise<State | undefined> {
  if (!stateOf(instance)) return undefined
  return stateOf(instance, await bitmapOf(instance).catch(() => undefined))
}

const STORAGE = '1.2.840.10008.5.1.4.1.1.'
const SEGMENTATIONS: readonly string[] = [`${STORAGE}66.4`, `${STORAGE}66.7`]
const STRUCTURES = `${STORAGE}481.3`
const DOSE = `${STORAGE}481.2`

function layerOf(instance: DataSet, path: string, onChange: () => void): readonly (Layer | Unusable)[] {
  const address = `${path}/instances/${textOf(instance, TAG.SOPInstanceUID)}`
  const which = textOf(instance, TAG.SOPClassUID)
  if (SEGMENTATIONS.includes(which)) {
    const read = segmentationOf(instance)
    return ['why' in read ? read : new SegmentationLayer(read, address, onChange)]
  }
  if (which === STRUCTURES) {
    const read = structuresOf(instance)
    return ['why' in read ? read : new StructuresLayer(read)]
  }
  if (which === DOSE) {
    const read = doseGridOf(instance)
    return ['why' in read ? read : new DoseLayer(read, address, onChange)]
  }
  return []
}
