/** Has what waits follow the modes of the deployed subscriptions. A hundred thousand held deliveries take a while, so nobody waits for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { LaneName, Store } from '../store/types.ts'

/** What a process with older flows has still raised is found within this time. */
const againMs = 30_000
const afterFailureMs = 2_000

export interface ModeDutyOptions {
  store: Pick<Store, 'applyModes'>
  /** Tells a lane that it has work. */
  wake(lane: LaneName): void
  log: Logger
}

/** One process at a time is enough; several do no harm. */
export function createModeDuty({ store, wake, log }: ModeDutyOptions) {
  return {
    name: 'subscription modes',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        let pauseMs = againMs
        try {
          const { lanes, ...changes } = await store.applyModes(signal)
          for (const lane of lanes) wake(lane)
          if (Object.values(changes).some(count => count > 0)) {
            log.info({ ...changes, lanes }, `Modes of subscriptions applied: ${changes.released} deliveries released, ${changes.held} held, ${changes.adopted} dropped as known to their system`)
          }
        } catch (thrown) {
          log.debug({ err: thrown }, 'the modes of the subscriptions could not be applied; it is tried again')
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
