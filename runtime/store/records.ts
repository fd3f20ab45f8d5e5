/** Canonical records: saved in shared transactions together with the deliveries they raise, and found again. */
import { TorgError } from '../errors.ts'
import { createBatcher } from './batch.ts'
import { isDataError, isUnreachable, retrying, toStoreError, type Database, type Transaction } from './db.ts'
import type { Raise } from './deliveries.ts'
import { handingOver, type Offers } from './hand-over.ts'
import { isReferenceTaken, writeChanges } from './record-writes.ts'
import { isId } from '../ids.ts'
import { copyJson, findUnstorable } from './json.ts'
import { findLinks } from './links.ts'
import { recordColumns, toRecord, type RecordRow } from './rows.ts'
import { createSavePlan, referenceKey, type Rules, type SavePlan } from './save-plan.ts'
import type { DeliveryClaim, EntityWrite, Reference, SaveOutcome, StoredRecord, Taker } from './types.ts'

const findReferences = `
select f.system, f.kind, f.external_id, f.record_id, f.source_time
from unnest($1::text[], $2::text[], $3::text[]) as g (system, kind, external_id)
join torg.reference f on f.system = g.system and f.kind = g.kind and f.external_id = g.external_id`

// In the order of the ids: transactions that share records queue up instead of blocking each other in a circle. "No key": so that
// a reference may be added to a locked record, which a settled delivery does.
const lockRecords = `
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, erased, turns_at
from torg.record where id = any ($1::uuid[]) order by id for no key update`

const referencesOf = 'select system, kind, external_id, record_id, source_time from torg.reference where record_id = any ($1::uuid[]) order by system, kind, external_id'

const deliveriesOf = 'select subscription, record_id, operation, desired > acked as pending from torg.delivery where record_id = any ($1::uuid[])'

interface ReferenceRow { system: string, kind: string, external_id: string, record_id: string, source_time: Date | null }

/** Bytes of a call beside its texts, roughly. */
const overhead = 500

interface Call { writes: EntityWrite[], size: number }

export interface Records {
  save(writes: EntityWrite[]): Promise<SaveOutcome[]>
  find(kind: string, by: { id: string } | { ref: Reference } | { number: string }): Promise<StoredRecord | null>
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
    write: calls => retrying(() => handingOver(taker(), offers => db.transaction(tx => saveCalls(tx, calls, rules(), offers))), error => isUnreachable(error) || isReferenceTaken(error)),
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
    find: async (kind, by) => {
      try {
        return await find(db, kind, by)
      } catch (error) {
        throw toStoreError(error, `Looking for a ${kind}`)
      }
    },
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

async function load(tx: Transaction, plan: SavePlan, writes: EntityWrite[], rules: Rules): Promise<void> {
  const identities = new Set(writes.flatMap(write => write.refs.map(referenceKey)))
  const references = new Map([
    ...writes.flatMap(write => write.refs),
    ...writes.flatMap(write => findLinks(write.document, rules.kinds.get(write.kind)?.links ?? [])),
  ].map(reference => [referenceKey(reference), reference]))
  const know = (rows: ReferenceRow[]): void => {
    for (const row of rows) {
      plan.knowReference({ reference: { system: row.system, kind: row.kind, id: row.external_id }, recordId: row.record_id, sourceTime: row.source_time?.toISOString() ?? null })
    }
  }

  const given = [...references.values()]
  const found = await tx.query<ReferenceRow>(findReferences, [given.map(ref => ref.system), given.map(ref => ref.kind), given.map(ref => ref.id)])
  know(found)
  const ids = [...new Set(found.filter(row => identities.has(referenceKey({ system: row.system, kind: row.kind, id: row.external_id }))).map(row => row.record_id))]
  if (ids.length === 0) return

  // Everything else is read once the rows are ours: before, it may still change.
  const [records, ofRecords, deliveries] = await Promise.all([
    tx.query<Omit<RecordRow, 'refs'> & { erased: boolean, turns_at: Date | null }>(lockRecords, [ids]),
    tx.query<ReferenceRow>(referencesOf, [ids]),
    tx.query<{ subscription: string, record_id: string, operation: 'upsert' | 'remove', pending: boolean }>(deliveriesOf, [ids]),
  ])
  know(ofRecords)
  const refsOf = Map.groupBy(ofRecords, row => row.record_id)
  for (const row of records) {
    const refs = (refsOf.get(row.id) ?? []).map(ref => ({ system: ref.system, kind: ref.kind, id: ref.external_id }))
    const upgrade = rules.kinds.get(row.kind)?.upgrade
    plan.knowRecord({ ...toRecord({ ...row, refs }), document: row.document && upgrade ? upgrade(row.document, row.schema) : row.document, erased: row.erased, turnsAt: row.turns_at?.toISOString() ?? null })
  }
  for (const row of deliveries) {
    plan.knowDelivery({ subscription: row.subscription, recordId: row.record_id, operation: row.operation, pending: row.pending })
  }
}

async function find(db: Database, kind: string, by: { id: string } | { ref: Reference } | { number: string }): Promise<StoredRecord | null> {
  const select = `select ${recordColumns} from torg.record r`
  const rows = 'id' in by
    ? isId(by.id) ? await db.query<RecordRow>(`${select} where r.id = $2 and r.kind = $1 and r.version > 0`, [kind, by.id]) : []
    : 'ref' in by
      ? await db.query<RecordRow>(`${select} join torg.reference g on g.record_id = r.id
          where r.kind = $1 and g.system = $2 and g.kind = $3 and g.external_id = $4 and r.version > 0`, [kind, by.ref.system, by.ref.kind, by.ref.id])
      // A number may have been used again: the living and newest record wins.
      : await db.query<RecordRow>(`${select} where r.kind = $1 and r.number = $2 and r.version > 0
          order by r.deleted_at is not null, r.updated_at desc limit 1`, [kind, by.number])
  return rows[0] ? toRecord(rows[0]) : null
}

/** Says where the value stands that PostgreSQL refused. */
function explain(error: unknown, writes: EntityWrite[]): TorgError {
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
