/** Hands stored repairs, and what imports raised, over to the lanes, in portions small enough that what arrives meanwhile waits behind one portion at most. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LaneName, Store } from '../store/types.ts'

/** A new repair is found within this time. */
const idleMs = 1_000
/** While one runs: how soon room in the lanes is noticed. */
const busyMs = 40
const afterFailureMs = 2_000

export interface RepairDutyOptions {
  store: Pick<Store, 'advanceRepairs' | 'advanceRaises'>
  /** Messages or deliveries of one repair or import handed over at once, at most. */
  most: number
  /** Tells a lane that it has work. */
  wake(lane: LaneName): void
  log: Logger
}

/** One process at a time is enough; several do no harm. */
export function createRepairDuty({ store, most, wake, log }: RepairDutyOptions) {
  return {
    name: 'repairs',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        let pauseMs = idleMs
        try {
          for (const advance of [store.advanceRepairs, store.advanceRaises]) {
            const { running, lanes } = await advance(most)
            for (const lane of lanes) wake(lane)
            if (running > 0) pauseMs = busyMs
          }
        } catch (thrown) {
          log.debug({ err: thrown }, 'repairs, or what imports raised, could not be handed over to the lanes; it is tried again')
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
