/** The cells side by side, or the one that covers the others, and what stands there before anything hangs. */
import { html, nothing, type TemplateResult } from 'lit'
import type { OtherPerson } from '../../api/case-detail'
import type { Mark } from '../../api/marks'
import { text } from '../../language'
import type { Over } from '../layers/layers'
import { DRAGGED } from '../series-strip'
import type { ShownSeries } from '../shown-series'
import type { ToolName } from '../tools/tool-names'
import './cell'
import type { HungCase } from './hung-case'
import type { Plane } from './planes'

type Stage = {
  readonly hung: HungCase
  readonly tool: ToolName
  /** The active cell covers the others. */
  readonly alone: boolean
  /** The slice of the active cell, whose place the others mark. */
  readonly reference: Plane | undefined
  readonly shown: ShownSeries | undefined
  readonly documents: readonly string[] | undefined
  readonly otherPersons: readonly OtherPerson[] | undefined
  readonly marks: readonly Mark[] | undefined
  /** What lies over pictures. */
  readonly over: Over | undefined
  readonly onView: (event: Event) => void
  readonly onShown: () => void
  readonly onTouched: (event: Event) => void
  readonly onDoubleClick: () => void
  /** A series was let go over a cell. */
  readonly onDrop: (seriesUid: string, index: number) => void
  readonly onTry: (index: number) => void
  /** The pictures as they were taken, where another plane cannot be made of them. */
  readonly onAsTaken: (index: number) => void
}

export function stage(now: Stage): TemplateResult {
  const { alone, hung } = now
  const { active, cells, grid } = hung.placed
  const many = cells.length
  return html`<div
    class="stage ${many > 1 ? 'many' : ''} ${alone ? 'alone' : ''}"
    style="--rows: ${grid.rows}; --columns: ${grid.columns}"
    @cell-view=${now.onView}
    @images-shown=${now.onShown}
    @pointerdown=${now.onTouched}
    @focusin=${now.onTouched}
    @wheel=${now.onTouched}
  >
    ${cells.map(
      (content, index) =>
        html`<tierread-cell
          role="group"
          aria-label=${text('desk.cell', { n: index + 1, many })}
          aria-current=${index === active}
          .contents=${hung.contents}
          .content=${content}
          .shown=${content?.series.earlier ? undefined : now.shown}
          .documents=${now.documents}
          .otherPersons=${now.otherPersons}
          .marks=${now.marks}
          .tool=${now.tool}
          .over=${now.over}
          .covered=${alone && index !== active}
          .reference=${index === active ? undefined : now.reference}
          @dblclick=${now.onDoubleClick}
          @dragover=${allowed}
          @drop=${(event: DragEvent) => dropped(event, (seriesUid) => now.onDrop(seriesUid, index))}
          @cell-try=${() => now.onTry(index)}
          @cell-as-taken=${() => now.onAsTaken(index)}
        ></tierread-cell>`,
    )}
    ${message(hung, now.onTry)}
  </div>`
}

/** Where the series themselves are not known, or there are none. */
function message({ failure, placed, series }: HungCase, onTry: Stage['onTry']): TemplateResult | typeof nothing {
  if (failure !== undefined)
    return html`<div class="message" role="alert">
      <p>${failure}</p>
      <button @click=${() => onTry(placed.active)}>${text('common.try-again')}</button>
    </div>`
  if (placed.cells.some((content) => content !== undefined)) return nothing
  return html`<p class="message" role="status">${text(series?.length === 0 ? 'desk.no-images' : 'common.loading')}</p>`
}

/** A series may be let go here, and nothing else. */
function allowed(event: DragEvent): void {
  if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault()
}

function dropped(event: DragEvent, onSeries: (seriesUid: string) => void): void {
  const seriesUid = event.dataTransfer?.getData(DRAGGED)
  if (!seriesUid) return
  event.preventDefault()
  onSeries(seriesUid)
}
