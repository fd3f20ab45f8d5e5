/** Canonical records: saved in shared transactions together with the deliveries they raise, and found again. */
import { TorgError } from '../errors.ts'
import { createBatcher } from './batch.ts'
import { guarded, isDataError, isUnreachable, retrying, toStoreError, type Database, type Transaction } from './db.ts'
import type { Raise } from './deliveries.ts'
import { handingOver, type Offers } from './hand-over.ts'
import { isKeyTaken } from './key-writes.ts'
import { findRecord } from './record-find.ts'
import { load } from './record-load.ts'
import { isReferenceTaken, writeChanges } from './record-writes.ts'
import { copyJson, findUnstorable } from './json.ts'
import { createSavePlan, type Rules } from './save-plan.ts'
import { overlapError } from './typed/overlap.ts'
import type { DeliveryClaim, EntityWrite, RecordSought, SaveOutcome, StoredRecord, Taker } from './types.ts'

/** Bytes of a call beside its texts, roughly. */
const overhead = 500

interface Call { writes: EntityWrite[], size: number }

export interface Records {
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  find(kind: string, by: RecordSought): Promise<StoredRecord | null>
  idle(): Promise<void>
}

/**
 * @param rules those in force at the time of a save
 * @param taker gets the keys that had nothing to do, as far as it has places for them
 */
export function createRecords(db: Database, rules: () => Rules, taker: () => Taker | undefined): Records {
  const batcher = createBatcher<Call, SaveOutcome[]>({
    maxItems: 200,
    maxBytes: 4_000_000,
    sizeOf: call => call.size,
    owedToData: isDataError,
    // Saving twice what was saved already changes nothing, so a lost connection is tried again as well.
    write: calls => retrying(() => handingOver(taker(), offers => db.transaction(tx => saveCalls(tx, calls, rules(), offers))), error => isUnreachable(error) || isReferenceTaken(error) || isKeyTaken(error)),
  })
  return {
    save: async writes => {
      if (writes.length === 0) return []
      try {
        return await batcher.add(toCall(writes))
      } catch (error) {
        throw isDataError(error) ? explain(error, writes) : toStoreError(error, `Saving ${writes.map(write => write.kind).join(', ')}`)
      }
    },
    find: (kind, by) => guarded(`Looking for a ${kind}`, () => findRecord(db, { kind, by, rules: rules() })),
    idle: batcher.idle,
  }
}

/** The call with documents of its own: the flow may change its one meanwhile, and what JSON does not know would compare unequal to what is stored. */
function toCall(writes: EntityWrite[]): Call {
  const tally = { characters: 0 }
  return { writes: writes.map(write => ({ ...write, document: copyJson(write.document, tally) })), size: 2 * tally.characters + overhead }
}

async function saveCalls(tx: Transaction, calls: Call[], rules: Rules, offers: Offers): Promise<{ result: (SaveOutcome[] | Error)[], claims: DeliveryClaim[] }> {
  const plan = createSavePlan(rules)
  await load(tx, plan, calls.flatMap(call => call.writes), rules)
  const at = new Date().toISOString()
  const results = calls.map(call => plan.apply(call.writes, at))
  const changes = plan.changes()
  const claims = await writeChanges(tx, changes, offers)
  return { claims, result: withoutTaken(results, changes.raises, claims) }
}

/** Leaves the lanes to be hinted in which a delivery of the record waits that was not handed over. */
function withoutTaken(results: (SaveOutcome[] | Error)[], raises: Raise[], claims: DeliveryClaim[]): (SaveOutcome[] | Error)[] {
  if (claims.length === 0) return results
  const taken = new Set(claims.map(({ lease: { lane, key } }) => `${lane} ${key}`))
  const waiting = new Set(raises.flatMap(({ lane, key, recordId }) => taken.has(`${lane} ${key}`) ? [] : `${lane} ${recordId}`))
  return results.map(result => result instanceof Error ? result : result.map(outcome => ({ ...outcome, lanes: outcome.lanes.filter(lane => waiting.has(`${lane} ${outcome.record.id}`)) })))
}

/** Says where the value stands that PostgreSQL refused. */
function explain(error: unknown, writes: EntityWrite[]): TorgError {
  const overlap = overlapError(error, writes)
  if (overlap) return overlap
  for (const { kind, document } of writes) {
    const pointer = findUnstorable(document)
    if (pointer !== null) {
      return new TorgError('validation.schema', {
        detail: `The ${kind} holds a character at ${pointer} that cannot be stored: NUL, or half of a surrogate pair.`, pointer, cause: error,
        next: 'Remove the character in the mapping or have the sender correct it, then run the message again.',
      })
    }
  }
  return toStoreError(error, `Saving ${writes.map(write => write.kind).join(', ')}`)
}
