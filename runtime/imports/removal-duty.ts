/** Removes what full files did not hold, in portions; one process does it, and goes on where another was cut off. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { toTorgError } from '../errors.ts'
import { kindOf } from '../model/index.ts'
import type { ImportStore } from '../store/import-types.ts'
import type { EntityWrite, SaveOutcome } from '../store/types.ts'

const idleMs = 1_000
const afterFailureMs = 2_000
/** References looked at, and so records removed at once, at most. */
const portion = 500

export interface RemovalDutyOptions {
  store: Pick<ImportStore, 'nextAbsent' | 'settleAbsent'>
  /** Saves like `hub save`. */
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  log: Logger
}

/** One process at a time. */
export function createRemovalDuty({ store, save, log }: RemovalDutyOptions) {
  const remove = async (write: EntityWrite): Promise<boolean> => {
    try {
      const [saved] = await save([write])
      return saved?.outcome === 'updated'
    } catch (thrown) {
      const error = toTorgError(thrown, 'hub.internal')
      if (error.class === 'transient') throw error
      log.warn({ err: error, import: write.origin.message, ref: write.refs[0] }, `A full import did not remove a ${write.kind}: ${error.message}`)
      return false
    }
  }

  /** Whether there was something to do. */
  const advance = async (): Promise<boolean> => {
    const absent = await store.nextAbsent(portion)
    if (absent === null) return false
    const { id, kind, system, ids, upTo } = absent
    const at = new Date().toISOString()
    const gone = await Promise.all(ids.map(ref => remove({
      kind, schema: kindOf(kind).schemaName, operation: 'remove', refs: [{ system, kind, id: ref }], number: null, document: {}, origin: { system, message: id, at }, sourceTime: null,
    })))
    const removed = gone.filter(Boolean).length
    await store.settleAbsent(id, { upTo, removed, kept: ids.length - removed })
    if (upTo === null) log.info({ import: id }, `The full import ${id} of ${kind} from ${system} has removed what its file does not hold`)
    return true
  }

  return {
    name: 'imports',
    async run(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        try {
          if (await advance()) continue
          await sleep(idleMs, undefined, { signal }).catch(() => undefined)
        } catch (thrown) {
          log.debug({ err: thrown }, 'what a full import does not hold could not be removed; it is tried again')
          await sleep(afterFailureMs, undefined, { signal }).catch(() => undefined)
        }
      }
    },
  }
}
