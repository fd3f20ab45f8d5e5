/** Has records from before there were match keys get theirs, once in the life of a database. */
import { once } from 'node:events'
import type { Logger } from 'pino'
import type { Store } from '../store/types.ts'
import type { Duty } from './duties.ts'

/** One process at a time. What fails is tried again, as with every duty. */
export function createKeyDuty({ store, log }: { store: Pick<Store, 'fillKeys'>, log: Logger }): Duty {
  return {
    name: 'match keys',
    async run(signal) {
      const records = await store.fillKeys(signal)
      if (records > 0) log.info({ records }, `${records} records from before there were match keys can be found and recognised by theirs now`)
      if (!signal.aborted) await once(signal, 'abort')
    },
  }
}
