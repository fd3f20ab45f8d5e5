/** How much of a long work goes to the lanes at once: so little that what arrives meanwhile waits half a second behind it. */

/** After this time it goes on although what it handed over waits: for a system that is down. */
const patienceMs = 5_000
/** A portion is as large as what is through in this time: so long does a new order wait behind it. */
const paceMs = 500
const leastPortion = 16

export interface Pacing<Key> {
  /**
   * How much is handed over next; 0: not yet, for most of the last portion waits.
   * @param inFront told the size of the last portion, counts what of it stands in front of new work
   */
  next(key: Key, most: number, inFront: (last: number) => Promise<number>): Promise<number>
  /** Something was handed over now. */
  handed(key: Key, size: number): void
  /** Forgets all but these. */
  keep(keys: ReadonlySet<Key>): void
}

/** As far as this process knows: another one begins small. */
export function createPacing<Key>(): Pacing<Key> {
  const paces = new Map<Key, { at: number, size: number }>()
  return {
    next: async (key, most, inFront) => {
      const last = paces.get(key)
      const tookMs = last ? Date.now() - last.at : paceMs
      if (last && tookMs < patienceMs && await inFront(last.size) > last.size / 2) return 0
      return Math.round(Math.min(most, Math.max(leastPortion, (last?.size ?? leastPortion) * Math.min(2, paceMs / tookMs))))
    },
    handed: (key, size) => { paces.set(key, { at: Date.now(), size }) },
    keep: keys => { for (const key of paces.keys()) if (!keys.has(key)) paces.delete(key) },
  }
}
