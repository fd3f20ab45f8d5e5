/**
 * Deliveries of typed kinds are rows only while they wait, are held or dead: what ended well is noted with its record. Rows of records are locked before
 * all else, as saves do.
 */
import { typedKinds } from './index.ts'

export type Statement = [text: string, values: unknown[]]

/** Locks the typed ones among these records. */
export function lockNotes(ids: readonly string[]): Statement[] {
  return ids.length === 0 ? [] : locks.map(text => [text, [ids]])
}
const locks = typedKinds.map(({ table }) => `select 1 from ${table} where id = any ($1::uuid[]) order by id for no key update`)

/** Notes those of these deliveries that are of typed kinds and have ended well, and removes their rows. */
export function noteAcknowledged(deliveries: readonly { subscription: string, recordId: string }[]): Statement[] {
  return deliveries.length === 0 ? [] : [[note, [deliveries.map(({ subscription }) => subscription), deliveries.map(({ recordId }) => recordId)]]]
}
const kinds = typedKinds.map(({ kind }) => `'${kind}'`).join(', ')
// What is known of a subscription is written only where it says something new: who writes it again would wait for whoever did so last.
const note = `
with over as (
  delete from torg.delivery d using unnest($1::text[], $2::uuid[]) as g (subscription, record_id)
  where d.record_id = g.record_id and d.subscription = g.subscription and d.kind in (${kinds}) and d.desired <= d.acked and not d.dead and not d.held
  returning d.*
), known as (
  insert into torg.subscription (id, system, lane) select distinct on (o.subscription) o.subscription, o.system, o.lane from over o
  where not exists (select from torg.subscription s where s.id = o.subscription and s.system = o.system and s.lane = o.lane) order by o.subscription
  on conflict (id) do update set system = excluded.system, lane = excluded.lane
), notes as (
  select record_id, jsonb_object_agg(subscription, case when reason is null then jsonb_build_array(acked, generation, present, at) else jsonb_build_array(acked, generation, present, at, reason) end) as notes from (select *, floor(extract(epoch from acked_at) * 1000) as at from over) o group by record_id
)${typedKinds.map(({ kind, table }) => `, noted_${kind} as (
  update ${table} p set acked = coalesce(p.acked, '{}') || n.notes from notes n where p.id = n.record_id
)`).join('')}
select 1 from over limit 0`

/** Makes rows again of what is noted, to be delivered once more. */
export function takeNotes(deliveries: readonly { subscription: string, recordId: string }[]): Statement[] {
  return deliveries.length === 0 ? [] : [[take, [deliveries.map(({ subscription }) => subscription), deliveries.map(({ recordId }) => recordId)]]]
}
const take = `
insert into torg.delivery (subscription, record_id, kind, system, lane, key, desired, acked, generation, operation, reason, acked_at, present)
select n.subscription, n.record_id, n.kind, n.system, n.lane, n.key, n.desired, n.acked, n.generation, n.operation, n.reason, n.acked_at, n.present
from unnest($1::text[], $2::uuid[]) as g (subscription, record_id)
cross join lateral (${typedKinds.map(({ kind, table }) => `select a.* from ${table} p cross join lateral torg.acknowledged(p.id, '${kind}', p.acked) a where p.id = g.record_id and p.acked is not null`).join(' union all ')}) n
where n.subscription = g.subscription and n.system is not null
on conflict (record_id, subscription) do nothing`

/** SQL: whether something is noted of a subscription with a record. */
export const isNoted = (record: string, subscription: string): string =>
  `coalesce(${typedKinds.map(({ table }) => `(select p.acked ? ${subscription} from ${table} p where p.id = ${record})`).join(', ')}, false)`

/** SQL of what is noted for the delivery `g`, as `n`: version, generation, present, acked_at; nulls where there is a row, which counts before the note. */
export const joinNote = `
left join lateral (
  select (v.note ->> 0)::int as version, (v.note ->> 1)::int as generation, (v.note ->> 2)::boolean as present, to_timestamp((v.note ->> 3)::float8 / 1000) as acked_at
  from (${typedKinds.map(({ kind, table }) => `select p.acked -> g.subscription as note from ${table} p where g.kind = '${kind}' and p.id = g.record_id`).join(' union all ')}) v
  where v.note is not null and not exists (select from torg.delivery d where d.record_id = g.record_id and d.subscription = g.subscription)
) n on true`
