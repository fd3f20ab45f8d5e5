/** Writes what a save has worked out: records, references, deliveries and the keys they make due. */
import pg from 'pg'
import type { Transaction } from './db.ts'
import type { Raise } from './deliveries.ts'
import { insertWork, leasedKeys, type LeasedKey, type Offers } from './hand-over.ts'
import { copyJson } from './json.ts'
import { unique, type Look } from './look-plan.ts'
import { writeAbsorbed, writeKeys } from './key-writes.ts'
import { packProvenance } from './provenance.ts'
import type { Changes, PlannedContender } from './save-plan.ts'
import type { Draft } from './save-step.ts'
import type { DeliveredRecord, DeliveryClaim, LaneName, Reference } from './types.ts'
import { joinNote, noteAcknowledged } from './typed/acknowledged.ts'
import { refuseOverlaps } from './typed/overlap.ts'
import { isTyped, writeTyped, writeTypedReferences } from './typed/writes.ts'

// Records as one value of JSON: their documents are not escaped once more, as they were in an array of texts.
const upsertRecords = `
insert into torg.record (id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, turns_at)
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, turns_at
from json_to_recordset($1::json) as g (id uuid, kind text, version int, schema text, number text, document jsonb, provenance jsonb, created_at timestamptz, updated_at timestamptz, deleted_at timestamptz, turns_at timestamptz)
on conflict (id) do update set kind = excluded.kind, version = excluded.version, schema = excluded.schema, number = excluded.number,
  document = excluded.document, provenance = excluded.provenance, updated_at = excluded.updated_at, deleted_at = excluded.deleted_at, turns_at = excluded.turns_at`

// Sorted, so that two who store the same new references wait for each other in one direction only. A reference that belongs to another
// record breaks the constraint on record_id, and so the whole transaction; see isReferenceTaken.
const upsertReferences = `
insert into torg.reference as f (system, kind, external_id, record_id, source_time)
select * from unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[]) as g (system, kind, external_id, record_id, source_time)
order by system, kind, external_id
on conflict (system, kind, external_id) do update set source_time = excluded.source_time, record_id = case when f.record_id = excluded.record_id then f.record_id end`

// What a system keeps saying is one row, with the time at which it said so first.
const upsertContenders = `
insert into torg.contender as c (record_id, pointer, system, value, why, master, message_id, at, source_time, node, mapping)
select record_id, pointer, system, value, why, master, message_id, at, source_time, node, mapping
from json_to_recordset($1::json) as g (record_id uuid, pointer text, system text, value jsonb, why text, master text, message_id uuid, at timestamptz, source_time timestamptz, node text, mapping text)
order by record_id, pointer, system
on conflict (record_id, pointer, system) do update set value = excluded.value, why = excluded.why, master = excluded.master, message_id = excluded.message_id, at = excluded.at,
  source_time = excluded.source_time, node = excluded.node, mapping = excluded.mapping
where c.value is distinct from excluded.value or c.why <> excluded.why or c.master <> excluded.master`

const addLooks = `
insert into torg.look (kind, record_id, around, message_id, at) select * from unnest($1::text[], $2::uuid[], $3::bool[], $4::uuid[], $5::timestamptz[])`

/** Somebody else stored one of the new references at the same moment: everything is to be read again. */
export function isReferenceTaken(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ((error.code === '23502' && error.table === 'reference' && error.column === 'record_id')
    || (error.code === '23505' && ['price_reference', 'stock_reference'].includes(error.constraint ?? '')))
}

// A new version makes its key due at once, also during back-off; but a fact waits behind those before it ($3), and a key that is
// held is looked at again when it is given back. In any case the row is locked, so that a release of this moment sees the delivery.
// Answers the keys that were leased.
const wakeKeys = `
with ${insertWork({
  keys: 'select distinct lane, key from unnest($1::text[], $2::text[]) as g (lane, key)', first: 4,
  dueAt: 'case when w.epoch is null and w.key <> all ($3::text[]) then least(w.due_at, now()) else w.due_at end',
})}
select ${leasedKeys} as leased`

// Below 0 stands for "again": what was acknowledged of the version does not count. A fact keeps its place behind those of its key that are still held, also while they are being released. What is answered is one row
// for all: rows cost the client more than the server.
const given = `unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::int[], $9::text[], $10::text[], $11::uuid[], $12::bool[], $13::bool[]) with ordinality
  as g (subscription, record_id, kind, system, lane, key, desired, acked, operation, reason, message_id, held, ordered, ord)`
const newDeliveries = `
insert into torg.delivery as d (subscription, record_id, kind, system, lane, key, desired, acked, operation, reason, message_id, present, held)
select subscription, record_id, kind, system, lane, key, desired, acked, operation, reason, message_id, acked > 0 and operation = 'upsert',
  held or (ordered and desired > acked and exists (select 1 from torg.delivery h where h.subscription = g.subscription and h.key = g.key and h.held))
from ${given} order by ord`
// Where there is no row of a typed kind, its note says how the last one ended.
const newTypedDeliveries = `
insert into torg.delivery as d (subscription, record_id, kind, system, lane, key, desired, acked, generation, operation, reason, message_id, present, held, acked_at)
select g.subscription, g.record_id, g.kind, g.system, g.lane, g.key, g.desired,
  case when n.version is null then g.acked when g.acked < 0 then least(n.version, g.desired - 1) else greatest(n.version, g.acked) end,
  case when n.generation is null then 1 when g.acked < 0 then n.generation + 1 else n.generation end, g.operation, g.reason, g.message_id,
  case when g.acked > 0 then g.operation = 'upsert' else coalesce(n.present, false) end, g.held, n.acked_at
from ${given} ${joinNote} order by g.ord`
const upserting = (insert: string): string => `
with raised as (
${insert}
on conflict (subscription, record_id) do update set kind = excluded.kind, system = excluded.system, lane = excluded.lane, key = excluded.key,
  desired = excluded.desired, acked = case when excluded.acked < 0 then least(d.acked, excluded.desired - 1) else greatest(d.acked, excluded.acked) end,
  generation = d.generation + case when excluded.acked < 0 then 1 else 0 end, operation = excluded.operation, reason = excluded.reason,
  present = case when excluded.acked > 0 then excluded.present else d.present end, message_id = excluded.message_id, held = excluded.held,
  attempts = 0, due_at = now(), dead = false, closed = null, error = null, wanted_at = now()
returning subscription, record_id, seq, generation, present, held
)
select to_json(now()) as at, coalesce(json_agg(json_build_array(subscription, record_id, generation, present) order by seq) filter (where not held), '[]') as raised from raised`
const upsertDeliveries = upserting(newDeliveries)
const upsertTypedDeliveries = upserting(newTypedDeliveries)

// Once more, after the keys are ours: a delivery that ended at this moment may have told the id its system gave the record.
const referencesOf = 'select record_id, system, kind, external_id as id from torg.reference where record_id = any ($1::uuid[])'
const anyReferencesOf = 'select record_id, system, kind, external_id as id from torg.any_reference where record_id = any ($1::uuid[]) and system is not null'

/** Deliveries that are not held, in the order of their keys' queues. */
interface Raised { at: string, raised: [subscription: string, recordId: string, generation: number, present: boolean][] }

/**
 * Writes and commits, in one round trip. Answers what was handed over.
 * @throws what {@link isReferenceTaken} or isKeyTaken knows, after which the transaction is to be tried again
 */
export async function writeChanges(tx: Transaction, changes: Changes, offers: Offers): Promise<DeliveryClaim[]> {
  const { records, contenders = [], exclusive = [], isNew } = changes
  const [later, raises] = apart(changes.raises, ({ look }) => look !== undefined)
  const writes: Promise<unknown>[] = []
  const [typed, untyped] = apart(records, isTyped)
  const [typedReferences, references] = apart(changes.references, ({ reference }) => isTyped(reference))
  if (untyped.length > 0) writes.push(tx.query(upsertRecords, [JSON.stringify(untyped.map(toRow))]))
  writes.push(...writeTyped(tx, typed, typedReferences))
  if (exclusive.length > 0) writes.push(tx.query(refuseOverlaps, [exclusive]))
  writes.push(...writeAbsorbed(tx, changes))
  if (references.length > 0) {
    writes.push(tx.query(upsertReferences, [
      references.map(r => r.reference.system), references.map(r => r.reference.kind), references.map(r => r.reference.id),
      references.map(r => r.recordId), references.map(r => r.sourceTime),
    ]))
  }
  writes.push(...writeTypedReferences(tx, typedReferences), ...writeKeys(tx, changes))
  if (contenders.length > 0) writes.push(tx.query(upsertContenders, [JSON.stringify(contenders.map(toContenderRow))]))
  const looks = unique([...changes.looks ?? [], ...later.map(({ kind, recordId, messageId: message, look: at = '' }): Look => ({ kind, recordId, around: false, message, at }))])
  if (looks.length > 0) writes.push(tx.query(addLooks, [looks.map(l => l.kind), looks.map(l => l.recordId), looks.map(l => l.around), looks.map(l => l.message), looks.map(l => l.at)]))
  const waiting = raises.filter(raise => !raise.settled && !raise.held)
  const asked = waiting.length === 0 ? [] : tx.query<{ leased: LeasedKey[] }>(wakeKeys, [
    waiting.map(r => r.lane), waiting.map(r => r.key), waiting.filter(r => r.ordered).map(r => r.key),
    ...offers.columns(new Map(waiting.map(r => [workOf(r.lane, r.key), r.lane])).values()),
  ])
  const [typedRaises, untypedRaises] = apart(raises, isTyped)
  const raised = untypedRaises.length === 0 ? [] : tx.query<Raised>(upsertDeliveries, columnsOf(untypedRaises))
  const raisedTyped = typedRaises.length === 0 ? [] : tx.query<Raised>(upsertTypedDeliveries, columnsOf(typedRaises))
  writes.push(...noteAcknowledged(typedRaises.filter(({ settled }) => settled)).map(([text, values]) => tx.query(text, values)))
  const changed = [...new Set(waiting.flatMap(({ recordId }) => isNew(recordId) ? [] : recordId))]
  const refs = changed.length === 0 ? [] : tx.query<{ record_id: string } & Reference>(typed.length > 0 ? anyReferencesOf : referencesOf, [changed])
  const [[{ leased } = { leased: [] }], [written], [writtenTyped], refRows] = await Promise.all([asked, raised, raisedTyped, refs, ...writes, tx.commit()])
  if (leased.length === 0) return []
  return claimsOf({ leased, written: [written, writtenTyped].flatMap(some => some ?? []), refRows, waiting, records, owner: offers.owner })
}

/** Those that are, and those that are not. */
function apart<Item>(items: readonly Item[], is: (item: Item) => boolean): [are: readonly Item[], others: readonly Item[]] {
  return items.some(is) ? [items.filter(is), items.filter(item => !is(item))] : [[], items]
}

const columnsOf = (raises: readonly Raise[]): unknown[] => [
  raises.map(r => r.subscription), raises.map(r => r.recordId), raises.map(r => r.kind), raises.map(r => r.system), raises.map(r => r.lane), raises.map(r => r.key),
  raises.map(r => r.desired), raises.map(r => r.settled ? r.desired : r.again ? -1 : 0), raises.map(r => r.operation), raises.map(r => r.reason), raises.map(r => r.messageId),
  raises.map(r => r.held && !r.settled), raises.map(r => r.ordered),
]

const toRow = ({ id, kind, version, schema, number, document, provenance, createdAt, updatedAt, deletedAt, turnsAt = null }: Draft): object =>
  ({ id, kind, version, schema, number, document, provenance: packProvenance(provenance), created_at: createdAt, updated_at: updatedAt, deleted_at: deletedAt, turns_at: turnsAt })

const toContenderRow = ({ recordId, pointer, value, why, master, system, message, at, sourceTime, node, mapping }: PlannedContender): object =>
  ({ record_id: recordId, pointer, system, value, why, master, message_id: message, at, source_time: sourceTime, node, mapping })

const workOf = (lane: LaneName, key: string): string => `${lane} ${key}`

/** The leased keys with their deliveries, in their order: a fresh key has no others. Each has a document of its own, for flows may change theirs. */
function claimsOf({ leased, written, refRows, waiting, records, owner }: {
  leased: LeasedKey[], written: Raised[], refRows: ({ record_id: string } & Reference)[], waiting: Raise[], records: Draft[], owner: string
}): DeliveryClaim[] {
  const claims = new Map(leased.map(([lane, key, epoch]): [string, DeliveryClaim] => [workOf(lane, key), { lease: { lane, key, owner, epoch }, deliveries: [] }]))
  const raises = new Map(waiting.map(raise => [`${raise.recordId} ${raise.subscription}`, raise]))
  const refsOf = Map.groupBy(refRows, row => row.record_id)
  const drafts = new Map(records.map(draft => [draft.id, draft]))
  const toDelivered = (recordId: string): DeliveredRecord => {
    const draft = drafts.get(recordId)
    if (!draft) throw new Error(`Record ${recordId} was raised, but not written.`)
    const { provenance: _, erased: _erased, turnsAt: _turnsAt, own: _own, said: _said, document, ...rest } = draft
    const refs = refsOf.get(recordId) ?? draft.refs
    return { ...rest, document: copyJson(document ?? {}), refs: refs.map(({ system, kind, id }) => ({ system, kind, id })).sort(byText) }
  }
  for (const { at, raised } of written) {
    const wantedAt = new Date(at).toISOString()
    for (const [subscription, recordId, generation, present] of raised) {
      const raise = raises.get(`${recordId} ${subscription}`)
      const claim = raise && claims.get(workOf(raise.lane, raise.key))
      if (!claim) continue
      const { system, kind, operation, reason, messageId } = raise
      const record = toDelivered(recordId)
      claim.deliveries.push({ subscription, system, kind, recordId, version: record.version, generation, operation, reason, attempts: 0, present, record, wantedAt, messageId })
    }
  }
  return [...claims.values()]
}

/** As the database sorts the references of a record. */
const byText = (one: Reference, other: Reference): number => compare(one.system, other.system) || compare(one.kind, other.kind) || compare(one.id, other.id)
const compare = (one: string, other: string): number => one < other ? -1 : one > other ? 1 : 0
