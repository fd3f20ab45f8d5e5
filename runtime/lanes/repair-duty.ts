/** Hands stored repairs, and what imports raised, over to the lanes, in portions small enough that what arrives meanwhile waits behind one portion at most. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LaneName, Store } from '../store/types.ts'

/** A new repair is found within this time. */
const idleMs = 1_000
/** While one runs: how soon room in the lanes is noticed. */
const busyMs = 40
/** And in which part of the time that nothing moved: a look costs a transaction, and a lane that stands still may do so for days. */
const patience = 1 / 4
const afterFailureMs = 2_000

export interface RepairDutyOptions {
  store: Pick<Store, 'advanceRepairs' | 'advanceRaises'>
  /** Messages or deliveries of one repair or import handed over at once, at most. */
  most: number
  /** Tells a lane that it has work. */
  wake(lane: LaneName): void
  log: Logger
}

/** Until the next look, in ms. @param stillMs since anything was handed over */
export const pauseAfter = (running: number, stillMs: number): number => running === 0 ? idleMs : Math.min(idleMs, Math.max(busyMs, stillMs * patience))

/** One process at a time is enough; several do no harm. */
export function createRepairDuty({ store, most, wake, log }: RepairDutyOptions) {
  return {
    name: 'repairs',
    async run(signal: AbortSignal): Promise<void> {
      let movedAt = Date.now()
      while (!signal.aborted) {
        let pauseMs: number
        try {
          let running = 0
          for (const advance of [store.advanceRepairs, store.advanceRaises]) {
            const advanced = await advance(most)
            for (const lane of advanced.lanes) wake(lane)
            running += advanced.running
            if (advanced.moved) movedAt = Date.now()
          }
          pauseMs = pauseAfter(running, Date.now() - movedAt)
        } catch (thrown) {
          log.debug({ err: thrown }, 'repairs, or what imports raised, could not be handed over to the lanes; it is tried again')
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
