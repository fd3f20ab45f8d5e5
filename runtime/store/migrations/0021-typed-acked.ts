/**
 * What a great part of the records is asked for, without putting anything together: which subscriptions have had them, and the origins as they are stored
 * (null where the author says it all).
 */
export const typedAcked = `
create or replace view torg.any_record as
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, merged_into, turns_at, erased,
  null::text collate "C" as own_system, null::text collate "C" as own_id, null::text collate "C" as author, null::jsonb as acked, provenance as origins from torg.record
union all
select p.id, 'price'::text collate "C", p.version, p.schema, p.number, torg.document(p), coalesce(p.provenance, torg.origins(torg.document(p), p.system, p.message_id, p.said_at, p.source_time)),
  p.created_at, p.updated_at, p.deleted_at, null::uuid, p.turns_at, p.erased, p.system, p.external_id, case when p.provenance is null then p.system end, p.acked, p.provenance from torg.price p
union all
select p.id, 'stock'::text collate "C", p.version, p.schema, p.number, torg.document(p), coalesce(p.provenance, torg.origins(torg.document(p), p.system, p.message_id, p.said_at, p.source_time)),
  p.created_at, p.updated_at, p.deleted_at, null::uuid, p.turns_at, p.erased, p.system, p.external_id, case when p.provenance is null then p.system end, p.acked, p.provenance from torg.stock p;
`
