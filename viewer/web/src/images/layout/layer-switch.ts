/** Whether segmentations and the like lie over the pictures; what draws them comes when somebody asks for them first. */
import { html, nothing, type TemplateResult } from 'lit'
import type { Client } from '../../api/client'
import { Problem, Unreachable } from '../../api/problem'
import { withKey } from '../../keys/keys'
import { text } from '../../language'
import { wordsFor } from '../../shell/trouble'
import type { Layers, Over } from '../layers/layers'
import { SIGN } from '../layers/sign'
import type { Series } from '../series'
import type { Cell } from './cell'

/** Objects that say something of pictures of other series. */
const MODALITIES: ReadonlySet<string> = new Set(['SEG', 'RTSTRUCT', 'RTDOSE', 'PR'])

export const liesOver = ({ modality }: Series): boolean => MODALITIES.has(modality)

export class LayerSwitch {
  isOn = false
  private layers: Layers | undefined
  private failure: string | undefined
  private held = ''
  private asked = 0

  constructor(
    private readonly client: () => Client,
    private readonly series: () => readonly Series[],
    private readonly cells: () => readonly Cell[],
    private readonly onChange: () => void,
  ) {}

  /** What lies over pictures now; another one at each change. */
  get over(): Over | undefined {
    return this.isOn ? this.layers?.over : undefined
  }

  async toggle(): Promise<void> {
    this.isOn = !this.isOn
    this.onChange()
    await this.open()
  }

  /** The case has other series than before. */
  hold(): void {
    const held = this.series()
      .map(({ seriesUid, instances }) => `${seriesUid} ${instances}`)
      .join()
    if (held === this.held) return
    this.held = held
    this.close()
    void this.open()
  }

  close(): void {
    this.asked++
    this.layers?.close()
    this.layers = this.failure = undefined
  }

  private async open(): Promise<void> {
    if (!this.isOn || this.layers) return
    const asked = ++this.asked
    this.failure = undefined
    try {
      const { Layers: All } = await import('../layers/layers')
      const layers = await All.of(this.client(), this.series(), this.cells, {
        onChange: this.onChange,
        onState: () => {
          this.isOn = true
          this.onChange()
        },
      })
      if (asked !== this.asked) return layers.close()
      this.layers = layers
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      if (asked !== this.asked) return
      this.failure = wordsFor(error)
      this.isOn = false
    }
    this.onChange()
  }

  /** Nothing where the case has no such series. */
  menu(cell: Cell | undefined): TemplateResult | typeof nothing {
    if (this.series().length === 0) return nothing
    const onToggle = (): void => void this.toggle()
    if (this.layers) return this.layers.menu(cell?.picture, cell?.how ?? 'taken', this.isOn, onToggle)
    const words = withKey(text('desk.layers'), 'layers')
    return html`${this.failure ? html`<span role="alert">${this.failure}</span>` : nothing}<button
        class="layers-button"
        title=${words}
        aria-label=${words}
        aria-pressed=${this.isOn}
        @click=${onToggle}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">${SIGN}</svg>
      </button>`
  }
}
