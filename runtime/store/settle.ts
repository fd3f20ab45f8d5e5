/** Ends of runs: applied only under the lease they ran with. */
import { createBatcher } from './batch.ts'
import { giveBack } from './claims.ts'
import { isDataError, isUnreachable, retrying, toStoreError, type Database } from './db.ts'
import { findUnstorable, toJson } from './json.ts'
import { healed, verdictStatements } from './lanes.ts'
import { lockNotes, noteAcknowledged, type Statement } from './typed/acknowledged.ts'
import { typedKind } from './typed/index.ts'
import type { Applied, DeliveryResult, Lease, MessageResult, RunReport, WorkOutcome } from './types.ts'

// The runs that counted, as one value of JSON: rows cost the client more than the server. Only those that did not are looked for.
const settledRuns = `
select coalesce(json_agg(run), '[]') as runs from (
  select run from settled
  union all select r.id from (select run from given except select run from settled) g join torg.run r on r.id = g.run
) as counted`

// "is not distinct from" keeps the planner off the index of pending messages, which it takes for small while its statistics are old.
// A result that was committed while the connection was lost is sent again: its run is found, so it counts as applied.
const settleMessages = `
with given as (
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::int[], $7::text[],
    $8::uuid[], $9::text[], $10::int[], $11::timestamptz[], $12::timestamptz[], $13::uuid[], $14::text[], $15::text[])
    as g (lane, key, epoch, outcome, due_in, counted, error, run, node, deployment, started_at, ended_at, message_id, result, records)
), held as materialized (
  select g.* from given g join torg.work w on w.lane = g.lane and w.key = g.key and w.epoch = g.epoch
  order by w.lane, w.key for update of w
), settled as (
  update torg.message m set
    state = case h.outcome when 'retry' then 'pending' else h.outcome end,
    attempts = m.attempts + h.counted,
    due_at = case h.outcome when 'retry' then now() + h.due_in * interval '1 millisecond' else m.due_at end,
    settled_at = case h.outcome when 'retry' then null else now() end,
    dead_at = case h.outcome when 'dead' then now() else m.dead_at end,
    error = h.error::jsonb, result = h.result, records = h.records::uuid[]
  from held h where m.id = h.message_id and (m.lane, m.key, m.state) is not distinct from (h.lane, h.key, 'pending')
  returning h.*
), ${healed}, ran as (
  insert into torg.run (id, lane, key, node, deployment, message_id, started_at, ended_at, outcome, error)
  select run, lane, key, node, deployment, message_id, started_at, ended_at, outcome, error::jsonb from settled
)
${settledRuns}`

// A version raised meanwhile is due at once and starts afresh, however the older one ended. That is decided on the row being
// updated and nowhere before it: a save that commits while this statement waits is then seen.
const settleDeliveries = `
with given as (
  select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::int[], $7::text[],
    $8::uuid[], $9::text[], $10::int[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::uuid[], $15::int[], $16::int[], $17::text[])
    as g (lane, key, epoch, outcome, due_in, counted, error, run, node, deployment, started_at, ended_at, subscription, record_id, version, generation, operation)
), held as materialized (
  select g.* from given g join torg.work w on w.lane = g.lane and w.key = g.key and w.epoch = g.epoch
  order by w.lane, w.key for update of w
), settled as (
  update torg.delivery d set
    acked = case when h.outcome = 'done' and d.generation = h.generation then greatest(d.acked, h.version) else d.acked end,
    acked_at = case when h.outcome = 'done' then now() else d.acked_at end,
    present = case when h.outcome = 'done' then h.operation = 'upsert' else d.present end,
    attempts = case when h.outcome = 'done' or d.desired > h.version or d.generation > h.generation then 0 else d.attempts + h.counted end,
    due_at = case when h.outcome <> 'retry' or d.desired > h.version or d.generation > h.generation then d.due_at else now() + h.due_in * interval '1 millisecond' end,
    dead = h.outcome = 'dead' and d.desired <= h.version and d.generation = h.generation,
    dead_at = case when h.outcome = 'dead' and d.desired <= h.version and d.generation = h.generation then now() else d.dead_at end,
    error = h.error::jsonb
  from held h where d.subscription = h.subscription and d.record_id = h.record_id and d.lane = h.lane and d.key = h.key and not d.dead
  returning h.*
), ${healed}, ran as (
  insert into torg.run (id, lane, key, node, deployment, subscription, record_id, version, started_at, ended_at, outcome, error)
  select run, lane, key, node, deployment, subscription, record_id, version, started_at, ended_at, outcome, error::jsonb from settled
)
${settledRuns}`

// The reference of another record stays: two records of the hub must not become one by a sink's answer. A run that is not stored did not
// count, and neither does what its system answered.
const addReferences = `
with given as (
  select distinct d.system, g.kind, g.external_id, g.record_id
  from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::uuid[]) as g (subscription, record_id, kind, external_id, run)
  join torg.run r on r.id = g.run
  join torg.delivery d on d.subscription = g.subscription and d.record_id = g.record_id
), added as (
  insert into torg.reference (system, kind, external_id, record_id)
  select distinct on (system, kind, external_id) system, kind, external_id, record_id from given g
  where not exists (select from torg.any_reference o where o.system = g.system and o.kind = g.kind and o.external_id = g.external_id) order by system, kind, external_id
  on conflict (system, kind, external_id) do nothing
)
select g.system, g.kind, g.external_id, g.record_id, f.record_id as kept
from given g join torg.any_reference f on f.system = g.system and f.kind = g.kind and f.external_id = g.external_id
where f.record_id <> g.record_id`

/** Bytes of an id that the index of references can hold. */
const longestId = 2_000

export interface Settling {
  settleMessage(result: MessageResult): Promise<Applied>
  settleDelivery(result: DeliveryResult): Promise<Applied>
  idle(): Promise<void>
}

type Result = MessageResult | DeliveryResult
const isMessage = (result: Result): result is MessageResult => 'message' in result
const isDelivery = (result: Result): result is DeliveryResult => 'delivery' in result

export function createSettling(db: Database): Settling {
  const batcher = createBatcher<Result, Applied>({
    maxItems: 500, maxBytes: 4_000_000, sizeOf: sizeOfResult, owedToData: isDataError,
    write: results => retrying(() => settle(results), isUnreachable),
  })

  /** All in one transaction and one round trip. What comes after a settlement finds its keys locked, so it sees whatever was added to them before. */
  const settle = async (results: Result[]): Promise<Applied[]> => {
    const messages = results.filter(isMessage)
    const deliveries = results.filter(isDelivery)
    const references = deliveries.flatMap(result => storable(result).map(reference => ({ ...result.delivery, run: result.run.id, ...reference })))
    const typed = deliveries.flatMap(({ delivery }) => typedKind(delivery.kind) ? delivery : [])
    const settled: Statement[] = lockNotes(typed.map(({ recordId }) => recordId))
    if (messages.length > 0) {
      settled.push([settleMessages, [
        ...resultColumns(messages), messages.map(r => r.message.id),
        messages.map(({ yielded }) => yielded?.result ?? null), messages.map(({ yielded }) => yielded && yielded.records.length > 0 ? `{${yielded.records.join(',')}}` : null),
      ]])
    }
    if (deliveries.length > 0) {
      settled.push([settleDeliveries, [
        ...resultColumns(deliveries), deliveries.map(r => r.delivery.subscription), deliveries.map(r => r.delivery.recordId),
        deliveries.map(r => r.delivery.version), deliveries.map(r => r.delivery.generation), deliveries.map(r => r.delivery.operation),
      ]])
    }
    const after: Statement[] = [[giveBack, keysGivenBack(results)], ...verdictStatements(results)]
    if (references.length > 0) {
      after.push([addReferences, [references.map(r => r.subscription), references.map(r => r.recordId), references.map(r => r.kind), references.map(r => r.id), references.map(r => r.run)]])
    }
    after.push(...noteAcknowledged(typed))
    const answers = await db.together<Answer[][]>([...settled, ...after])
    const applied = new Set(answers.flat().flatMap(({ runs = [] }) => runs))
    const due = new Set(answers.flat().flatMap(row => row.due && row.epoch !== undefined ? row.epoch : []))
    for (const { kept, system, kind, external_id: externalId, record_id: recordId } of answers.flat()) {
      if (kept) db.log.warn({ system, kind, externalId, recordId, kept }, `${system} answered with ${kind} ${externalId}, which is the reference of another record; that one keeps it. Look for a double in ${system}.`)
    }
    return results.map(({ run, lease }) => ({ applied: applied.has(run.id), ...(due.has(lease.epoch) && { due: true }) }))
  }

  /** What a system answers must not keep a delivery it took from being acknowledged: it would be sent again and again. */
  const storable = ({ references, delivery }: DeliveryResult): DeliveryResult['references'] => references.filter(reference => {
    const fits = findUnstorable(reference) === null && Buffer.byteLength(reference.id) <= longestId
    if (!fits) db.log.warn({ subscription: delivery.subscription, recordId: delivery.recordId, kind: reference.kind }, `The answer of the system named a ${reference.kind} by an id that cannot be stored; it is not kept. Correct what the flow takes for the id.`)
    return fits
  })

  const add = async (result: Result): Promise<Applied> => {
    try {
      return await batcher.add(result)
    } catch (error) {
      throw toStoreError(error, `Writing the end of run ${result.run.id}`)
    }
  }
  return { settleMessage: add, settleDelivery: add, idle: batcher.idle }
}

/** A row of any of these statements: runs that counted, a key given back that may be due again, or a reference that another record kept. */
interface Answer { runs?: string[], epoch?: string, due?: boolean, system?: string, kind?: string, external_id?: string, record_id?: string, kept?: string }

function sizeOfResult({ result }: { result: WorkOutcome }): number {
  return 300 + (result.outcome === 'done' ? 0 : JSON.stringify(result.error).length)
}

function resultColumns(results: { lease: Lease, result: WorkOutcome, run: RunReport }[]): unknown[] {
  return [
    results.map(r => r.lease.lane), results.map(r => r.lease.key), results.map(r => r.lease.epoch),
    results.map(r => r.result.outcome),
    results.map(({ result }) => result.outcome === 'retry' ? Math.max(0, Math.round(result.dueInMs)) : null),
    // An attempt that ended by itself counts; an interrupted one does not.
    results.map(({ result }) => result.outcome === 'retry' && !result.countAttempt ? 0 : 1),
    results.map(({ result }) => result.outcome === 'done' ? null : toJson(result.error)),
    results.map(r => r.run.id), results.map(r => r.run.node), results.map(r => r.run.deployment),
    results.map(r => r.run.startedAt), results.map(r => r.run.endedAt),
  ]
}

function keysGivenBack(results: Result[]): unknown[] {
  const given = results.filter(({ givesBack }) => givesBack).map(({ lease }) => lease)
  return [given.map(({ lane }) => lane), given.map(({ key }) => key), given.map(({ epoch }) => epoch)]
}
