/** The grids that a person chose, by modality. */
import { isModality, type OwnSettings } from '../../keeping/settings'
import { gridOf, type Grid } from './grid'

/** Undefined where they chose none, and the protocols say how things hang. */
export function chosenGrid(settings: OwnSettings, modality: string): Grid | undefined {
  const [rows, columns] = String(settings.of('grids')[modality] ?? '')
    .split('x')
    .map(Number)
  return rows && columns ? gridOf(rows, columns) : undefined
}

/** No grid: as the protocols say again. Kept for no series without a modality. */
export function chooseGrid(settings: OwnSettings, modality: string, grid: Grid | undefined): void {
  if (isModality(modality)) settings.change('grids', { [modality]: grid && `${grid.rows}x${grid.columns}` })
}
