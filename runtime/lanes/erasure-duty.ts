/** Erasures go on until they are done: through the hub's own copies, and until every system has confirmed. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Store } from '../store/types.ts'
import type { Duty } from './duties.ts'

/** One look costs an index scan that finds nothing. */
const everyMs = 5_000

/** One process at a time. */
export function createErasureDuty({ store, log }: { store: Pick<Store, 'continueErasures'>, log: Logger }): Duty {
  return {
    name: 'erasures',
    async run(signal) {
      while (!signal.aborted) {
        for (const { id, customer, systems } of await store.continueErasures(signal)) {
          log.info({ erasure: id, customer, systems: systems.map(({ system }) => system) }, `Erasure ${id} is done: every system has confirmed`)
        }
        await sleep(everyMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
