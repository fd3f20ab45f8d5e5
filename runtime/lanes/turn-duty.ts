/** Publishes prices, campaigns and listings at the moment they begin or end. What was due while nothing ran is done at the start. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LaneName, Store } from '../store/types.ts'
import type { Duty } from './duties.ts'

/** So late at most: one look costs an index scan that finds nothing. */
const everyMs = 1_000
const afterFailureMs = 2_000

export interface TurnDutyOptions {
  store: Pick<Store, 'turn'>
  /** Tells a lane that it has work. */
  wake(lane: LaneName): void
  /** @defaultValue the clock of this process, as for saves */
  now?(): Date
  log: Logger
}

/** One process at a time is enough; several do no harm. */
export function createTurnDuty({ store, wake, now = () => new Date(), log }: TurnDutyOptions): Duty {
  return {
    name: 'periods',
    async run(signal) {
      while (!signal.aborted) {
        let pauseMs = everyMs
        try {
          const { records, lanes, more } = await store.turn(now().toISOString())
          for (const lane of lanes) wake(lane)
          if (records > 0) log.info({ records, lanes }, `${records} records began or ended; who wants only what is in effect is told`)
          if (more) continue
        } catch (thrown) {
          log.debug({ err: thrown }, 'what begins or ends could not be published; it is tried again')
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
