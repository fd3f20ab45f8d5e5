/** Keeps the tables from growing without end: makes partitions ahead and removes what is older than the settings keep it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { RemovedOld, Store } from '../store/types.ts'

const everyMs = 60 * 60_000
const afterFailureMs = 60_000

export interface RetentionDutyOptions {
  store: Pick<Store, 'addPartitions' | 'removeOld'>
  /** How long messages and runs are kept, milliseconds. */
  keepMessagesMs: number
  keepRunsMs: number
  /** Told after every round, for the metrics. */
  removed(of: RemovedOld): void
  log: Logger
}

/** One process at a time. */
export function createRetentionDuty({ store, keepMessagesMs, keepRunsMs, removed, log }: RetentionDutyOptions) {
  const before = (keptMs: number): string => new Date(Date.now() - keptMs).toISOString()
  return {
    name: 'retention',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        let pauseMs = everyMs
        try {
          await store.addPartitions()
          for (const of of await store.removeOld({ message: before(keepMessagesMs), run: before(keepRunsMs) }, signal)) {
            removed(of)
            if (of.removed > 0) log.info(of, `Removed ${of.removed} ${of.table}s that were older than they are kept`)
          }
        } catch (thrown) {
          log.warn({ err: thrown }, 'What is old could not be removed; it is tried again in a minute')
          pauseMs = afterFailureMs
        }
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}
