/** In which window, and with which white, the pictures of a viewport are drawn. */
import * as core from '@cornerstonejs/core'
import { rangeOf, windowOf, type Range, type Window } from './window-level'

const LINEAR = core.Enums.VOILUTFunctionType.LINEAR

const firstOf = (value: number | readonly number[]): number => (typeof value === 'number' ? value : (value[0] ?? 0))

export class GreyLevels {
  /** What the person chose, for every picture of the stack; without it each has its own window and its own white. */
  private chosen: Range | undefined
  inverted = false
  private readonly draw: core.Types.IStackViewport['setProperties']

  /** The tool for windows sets them on the viewport, and so does nothing else: what it sets is chosen. */
  constructor(private readonly viewport: core.Types.IStackViewport) {
    this.draw = viewport.setProperties.bind(viewport)
    viewport.setProperties = (properties, suppressEvents) => {
      this.chosen = properties?.voiRange ?? this.chosen
      this.draw(properties, suppressEvents)
    }
  }

  /** Null before the person chose one. */
  get window(): Window | null {
    return this.chosen ? windowOf(this.chosen) : null
  }

  choose(window: Window | null | undefined): void {
    this.chosen = window ? rangeOf(window) : undefined
  }

  /** Draws the picture as the person chose, or else in its own window. */
  present(image: core.Types.IImage | undefined): void {
    if (!image) return
    const invert = (image.invert === true) !== this.inverted
    const own = rangeOf({ center: firstOf(image.windowCenter), width: firstOf(image.windowWidth) })
    const VOILUTFunction = core.getShouldUseCPURendering() ? {} : { VOILUTFunction: image.voiLUTFunction ?? LINEAR }
    this.draw({ ...VOILUTFunction, voiRange: this.chosen ?? own, invert })
    this.viewport.render()
  }
}
