/** The grids that a person chose, by modality, in this browser. */
import { gridOf, type Grid } from './grid'

const keyOf = (personId: string, modality: string): string => `tierread.grid.${personId}.${modality}`

/** Undefined where they chose none, and the protocols say how things hang. */
export function chosenGrid(personId: string, modality: string): Grid | undefined {
  const [rows, columns] = (localStorage.getItem(keyOf(personId, modality)) ?? '').split('x').map(Number)
  return rows && columns ? gridOf(rows, columns) : undefined
}

/** No grid: as the protocols say again. */
export function chooseGrid(personId: string, modality: string, grid: Grid | undefined): void {
  const key = keyOf(personId, modality)
  if (grid) localStorage.setItem(key, `${grid.rows}x${grid.columns}`)
  else localStorage.removeItem(key)
}
