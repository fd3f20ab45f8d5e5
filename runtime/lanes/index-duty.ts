/** Has the project's searchable fields indexed, once after every start and deploy. */
import { once } from 'node:events'
import type { Logger } from 'pino'
import type { Store } from '../store/types.ts'
import type { Duty } from './duties.ts'

/** One process at a time. What fails is tried again, as with every duty. */
export function createIndexDuty({ store, fields, log }: { store: Pick<Store, 'indexFields'>, fields: Parameters<Store['indexFields']>[0], log: Logger }): Duty {
  return {
    name: 'search indexes',
    async run(signal) {
      const { made, dropped } = await store.indexFields(fields)
      if (made + dropped > 0) log.info({ made, dropped }, `Searchable fields: ${made} indexes made, ${dropped} dropped`)
      if (!signal.aborted) await once(signal, 'abort')
    },
  }
}
