/** How records and deliveries stand in the tables and come out of them. */
import type { Delivery, DeliveryOperation, LaneName, Origin, Reference, RemoveReason, StoredRecord } from './types.ts'

/** Of a record under the alias `r`, references included. */
export const recordColumns = `r.id, r.kind, r.version, r.schema, r.number, r.document, r.provenance, r.created_at, r.updated_at, r.deleted_at,
  coalesce((select json_agg(json_build_object('system', f.system, 'kind', f.kind, 'id', f.external_id) order by f.system, f.kind, f.external_id)
    from torg.reference f where f.record_id = r.id), '[]') as refs`

/** Of a delivery under the alias `d` with its record under `r`. */
export const deliveryColumns = `d.subscription, d.system, d.lane, d.generation, d.operation, d.reason, d.attempts, d.present, d.wanted_at, d.message_id, ${recordColumns}`

/** Of `torg.work`, to end a lease from outside: the key goes first, before all that has waited while it was being worked on. */
export const freed = `owner = null, epoch = null, due_at = '-infinity'`

export interface RecordRow {
  id: string, kind: string, version: number, schema: string, number: string | null, document: Record<string, unknown> | null
  provenance: Record<string, Origin>, created_at: Date, updated_at: Date, deleted_at: Date | null, refs: Reference[]
}

export interface DeliveryRow extends RecordRow {
  subscription: string, system: string, lane: LaneName, generation: number, operation: DeliveryOperation, reason: RemoveReason | null
  attempts: number, present: boolean, wanted_at: Date, message_id: string | null
}

export function toRecord(row: RecordRow): StoredRecord {
  return {
    id: row.id, kind: row.kind, version: row.version, schema: row.schema, number: row.number, document: row.document ?? {}, refs: row.refs,
    provenance: row.provenance, createdAt: row.created_at.toISOString(), updatedAt: row.updated_at.toISOString(), deletedAt: row.deleted_at?.toISOString() ?? null,
  }
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    subscription: row.subscription, system: row.system, kind: row.kind, recordId: row.id, version: row.version, generation: row.generation,
    operation: row.operation, reason: row.reason, attempts: row.attempts, present: row.present, record: toRecord(row), wantedAt: row.wanted_at.toISOString(), messageId: row.message_id,
  }
}
