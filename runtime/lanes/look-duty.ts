/** Gives and takes back what depends on other records: prices of an article that is listed somewhere from now on. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LaneName, Store } from '../store/types.ts'
import type { Duty } from './duties.ts'

/** So late at most: one look at an empty table. */
const everyMs = 500
const afterFailureMs = 2_000

export interface LookDutyOptions {
  store: Pick<Store, 'look'>
  /** Tells a lane that it has work. */
  wake(lane: LaneName): void
  log: Logger
}

/** One process at a time is enough; several do no harm. */
export function createLookDuty({ store, wake, log }: LookDutyOptions): Duty {
  return {
    name: 'dependent records',
    async run(signal) {
      let failing = false
      while (!signal.aborted) {
        let pauseMs = everyMs
        try {
          const { lanes, more } = await store.look(new Date().toISOString())
          for (const lane of lanes) wake(lane)
          failing = false
          if (more) continue
        } catch (thrown) {
          if (!failing) log.warn({ err: thrown }, 'What depends on other records could not be looked at; it is tried again every two seconds')
          failing = true
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
