/** The settings of the person, but for the layout: the second window has its own, which this machine keeps. */
import type { OwnSettings, Value } from '../keeping/settings'

const GRIDS = 'tierread.beside.grids'

export const ownGrids = (settings: OwnSettings): OwnSettings => ({
  of: (name) => (name === 'grids' ? kept() : settings.of(name)),
  change: (name, parts) => {
    if (name !== 'grids') return settings.change(name, parts)
    localStorage.setItem(GRIDS, JSON.stringify({ ...kept(), ...parts }))
  },
  watch: (watcher, ended) => settings.watch(watcher, ended),
})

function kept(): Value {
  try {
    return (JSON.parse(localStorage.getItem(GRIDS) ?? '{}') ?? {}) as Value
  } catch {
    return {}
  }
}
