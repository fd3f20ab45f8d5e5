/** How records and deliveries stand in the tables and come out of them. */
import { unpackProvenance, type PackedProvenance } from './provenance.ts'
import { typedKind } from './typed/index.ts'
import type { DeliveredRecord, Delivery, DeliveryOperation, KindRules, LaneName, Reference, RemoveReason, StoredRecord } from './types.ts'

/** @param references rows with `system`, `kind` and `external_id` of those of the record `r` */
const columnsWith = (references: string): string => `r.id, r.kind, r.version, r.schema, r.number, r.document, r.created_at, r.updated_at, r.deleted_at,
  coalesce((select json_agg(json_build_object('system', f.system, 'kind', f.kind, 'id', f.external_id) order by f.system, f.kind, f.external_id) from (${references}) f), '[]') as refs`

const further = 'select f.system, f.kind, f.external_id from torg.reference f where f.record_id = r.id'

/** Of a record of `torg.any_record` under the alias `r`, references included, without where its fields came from. */
export const deliveredColumns = columnsWith(`${further} union all select r.own_system, r.kind, r.own_id where r.own_system is not null`)

/** Of a whole record under the alias `r`. */
export const recordColumns = `${deliveredColumns}, r.provenance`

/** How records of one kind are read, under the alias `r`. */
export interface Source {
  from: string
  /** The condition that says which they are. */
  ofKind: string
  /** As {@link deliveredColumns}. */
  columns: string
  /** Where their references stand. */
  references: string
}

/**
 * The kind stands in the text, so that PostgreSQL uses indexes for some kinds only; there are few kinds, so the texts are few as well. What is asked of one table is
 * planned in a quarter of the time that the views of all kinds take, and each connection plans a statement six times before it keeps the plan.
 */
export function sourceOf(kind: string): Source {
  if (!/^[a-z-]+$/.test(kind)) throw new Error(`${kind} is no kind.`)
  const [typed, ofKind] = [typedKind(kind), `r.kind = '${kind}'`]
  return typed ? { from: typed.view, ofKind, columns: deliveredColumns, references: 'torg.any_reference' } : { from: 'torg.record', ofKind, columns: columnsWith(further), references: 'torg.reference' }
}

/** The record that one is part of now, asked of the function only where it became part of another: a call costs more than all the rest of a read. */
export const survivor = (id: string): string => `coalesce((select torg.surviving(m.id) from torg.record m where m.id = ${id} and m.merged_into is not null), ${id})`

/** Of a delivery under the alias `d` with its record of `torg.any_record` under `r`. */
export const deliveryColumns = `d.subscription, d.system, d.lane, d.generation, d.operation, d.reason, d.attempts, d.present, d.wanted_at, d.message_id, ${deliveredColumns}`

/** Of `torg.work`, to end a lease from outside: the key goes first, before all that has waited while it was being worked on. */
export const freed = `owner = null, epoch = null, due_at = '-infinity'`

export interface DeliveredRow {
  id: string, kind: string, version: number, schema: string, number: string | null, document: Record<string, unknown> | null
  created_at: Date, updated_at: Date, deleted_at: Date | null, refs: Reference[]
}

export interface RecordRow extends DeliveredRow { provenance: PackedProvenance }

export interface DeliveryRow extends DeliveredRow {
  subscription: string, system: string, lane: LaneName, generation: number, operation: DeliveryOperation, reason: RemoveReason | null
  attempts: number, present: boolean, wanted_at: Date, message_id: string | null
}

export function toRecord(row: RecordRow): StoredRecord {
  return { ...toDelivered(row), provenance: unpackProvenance(row.provenance) }
}

/** A row as of today's schema of its kind: whatever is asked of a document is asked of that. */
export function upToDate<Row extends { kind: string, schema: string, document: Record<string, unknown> | null }>(row: Row, kinds: ReadonlyMap<string, KindRules>): Row {
  const upgrade = kinds.get(row.kind)?.upgrade
  return upgrade && row.document ? { ...row, ...upgrade(row.document, row.schema) } : row
}

/** The system that said all of a record and so needs not be told of it; empty where several did. */
export function authorOf({ provenance }: Pick<StoredRecord, 'provenance'>): string {
  const systems = new Set(Object.values(provenance).map(({ system }) => system))
  const [only = ''] = systems.size === 1 ? systems : []
  return only
}

export function toDelivered(row: DeliveredRow): DeliveredRecord {
  return {
    id: row.id, kind: row.kind, version: row.version, schema: row.schema, number: row.number, document: row.document ?? {}, refs: row.refs,
    createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(), deletedAt: row.deleted_at?.toISOString() ?? null,
  }
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    subscription: row.subscription, system: row.system, kind: row.kind, recordId: row.id, version: row.version, generation: row.generation,
    operation: row.operation, reason: row.reason, attempts: row.attempts, present: row.present, record: toDelivered(row), wantedAt: row.wanted_at.toISOString(), messageId: row.message_id,
  }
}
