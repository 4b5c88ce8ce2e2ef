/** Stand-ins for what a browser has and Node has not: its locks, its storage, and time for IndexedDB to write. */

/** Locks by name, of pages that can be killed. */
export class Locks {
  private readonly held = new Map<string, () => void>()

  /** What one page asks; killing the page drops its locks. */
  ofPage(): { locks: LockManager; kill: () => void } {
    const names: string[] = []
    const request = (name: string): Promise<unknown> => {
      names.push(name)
      return new Promise((resolve) => this.held.set(name, () => resolve(undefined)))
    }
    const query = (): Promise<unknown> => Promise.resolve({ held: [...this.held.keys()].map((name) => ({ name })) })
    const kill = (): void => names.forEach((name) => this.held.delete(name))
    return { locks: { request, query } as unknown as LockManager, kill }
  }
}

const { setImmediate } = globalThis as unknown as { setImmediate: (go: (value: unknown) => void) => void }

/** IndexedDB answers by `setImmediate`, which nobody fakes here. */
export async function written(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** What `localStorage` is, over a map. */
export const storageOf = (store: Map<string, string>) => ({
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => store.set(key, value),
  removeItem: (key: string) => store.delete(key),
})
