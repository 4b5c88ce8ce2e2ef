/** The contents of series, asked for once although several cells show them. */
import type { Client } from '../../api/client'
import { Problem, Unreachable } from '../../api/problem'
import { contentsOf, type Contents, type Series } from '../series'
import { isProjection } from './hanging'
import { liesOver } from './layer-switch'
import { ofProjections, ofStack, type Hangable } from './hangable'

/** Projections of more pictures are hung as stacks: nobody waits for their headers. */
const MOST_PROJECTIONS = 32

export class SeriesContents {
  private readonly asked = new Map<string, Promise<Contents>>()

  /** `digestOf` says which content of a series is meant, by digest. */
  constructor(
    private readonly client: Client,
    private readonly digestOf: (seriesUid: string) => string,
  ) {}

  /** What failed is asked for anew. Raises Problem, Unreachable. */
  of(series: Series): Promise<Contents> {
    const { seriesUid } = series
    const asked = this.asked.get(seriesUid) ?? contentsOf(this.client, series, this.digestOf(seriesUid))
    this.asked.set(seriesUid, asked)
    asked.catch(() => this.asked.delete(seriesUid))
    return asked
  }

  /** Stacks as they are, projections picture by picture, and behind them what lies over others. */
  async hangables(series: readonly Series[]): Promise<readonly Hangable[]> {
    const projections = series.filter(({ modality }) => isProjection(modality))
    const many = projections.reduce((sum, { instances }) => sum + instances, 0)
    const last = [...series.filter((each) => !liesOver(each)), ...series.filter(liesOver)]
    if (many < 2 || many > MOST_PROJECTIONS) return last.map(ofStack)
    const items = last.map((each) => (isProjection(each.modality) ? this.picturesOf(each) : [ofStack(each)]))
    return (await Promise.all(items)).flat()
  }

  /** A series whose contents do not come is hung all the same, and says so. */
  private async picturesOf(series: Series): Promise<readonly Hangable[]> {
    try {
      const { pictures } = await this.of(series)
      return pictures.length > 0 ? ofProjections(series, pictures) : [ofStack(series)]
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error
      return [ofStack(series)]
    }
  }
}
