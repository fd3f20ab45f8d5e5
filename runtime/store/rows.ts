/** How records and deliveries stand in the tables and come out of them. */
import { unpackProvenance, type PackedProvenance } from './provenance.ts'
import { typedKind } from './typed/index.ts'
import type { DeliveredRecord, Delivery, DeliveryOperation, LaneName, Reference, RemoveReason, StoredRecord } from './types.ts'

/** Of a record of `torg.any_record` under the alias `r`, references included, without where its fields came from. */
export const deliveredColumns = `r.id, r.kind, r.version, r.schema, r.number, r.document, r.created_at, r.updated_at, r.deleted_at,
  coalesce((select json_agg(json_build_object('system', f.system, 'kind', f.kind, 'id', f.external_id) order by f.system, f.kind, f.external_id)
    from (select f.system, f.kind, f.external_id from torg.reference f where f.record_id = r.id union all select r.own_system, r.kind, r.own_id where r.own_system is not null) f), '[]') as refs`

/** Of a whole record under the alias `r`. */
export const recordColumns = `${deliveredColumns}, r.provenance`

/**
 * Where records of a kind stand, and the condition that says which they are. The kind stands in the text: so PostgreSQL leaves out the tables of other
 * kinds, and uses indexes for some kinds only. There are few kinds, so the texts are few as well.
 */
export function sourceOf(kind: string): { from: string, ofKind: string } {
  if (!/^[a-z-]+$/.test(kind)) throw new Error(`${kind} is no kind.`)
  return { from: typedKind(kind)?.view ?? 'torg.any_record', ofKind: `r.kind = '${kind}'` }
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
