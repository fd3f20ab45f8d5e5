/** What a selection stands for, as SQL. All kinds come out as `chosen`, a line for each that matches. A dead letter that was closed is taken by its id only. */
import type { Selection } from './repair-types.ts'
import { typedKinds } from './typed/index.ts'
import type { Subscription } from './types.ts'

// Of a key the newest is taken, by the source's own time where it has one. Without such times nothing keeps an older message from
// overwriting a newer one, so one that has been overtaken since by one outside of the selection is passed over as well. Partitions go by
// the time in the ids, which is that of arrival by another clock.
const chosenMessages = `
with matching as materialized (
  select id, system, source, topic, key, state, error->>'code' as code, received_at, seq, source_time,
    row_number() over (partition by source, key order by source_time desc nulls last, seq desc) as place
  from torg.message
  where ($1::text is null or system = $1) and ($2::text[] is null or source = any ($2)) and ($3::text is null or state in ($3, 'pending'))
    and ($4::text is null or error->>'code' = $4) and ($5::timestamptz is null or received_at >= $5) and ($6::timestamptz is null or received_at < $6)
    and ($5::timestamptz is null or id >= torg.first_id($5 - interval '1 day')) and ($6::timestamptz is null or id < torg.first_id($6 + interval '1 day'))
    and ($7::text is null or topic = $7) and ($8::text[] is null or key = any ($8)) and case when $9::uuid[] is null then closed is null else id = any ($9) end
), later as (
  select source, key, max(seq) as seq from torg.message
  where not $10::boolean and state = 'done' and ($5::timestamptz is null or id >= torg.first_id($5 - interval '1 day')) and ($7::text is null or topic = $7) and source in (select source from matching where source_time is null)
  group by source, key
), chosen as (
  select m.id as item, null::text as subscription, m.system, m.source as node, m.topic as what, m.key as name, m.received_at as at, m.seq, m.state, m.code,
    case when m.state = 'pending' then 'waiting'
      when not $10::boolean and (m.place > 1 or (m.source_time is null and l.seq > m.seq)) then 'passed over'
      else 'taken' end as standing
  from matching m left join later l on l.source = m.source and l.key = m.key
)`

const deliveriesFrom = (source: string): string => `
  select d.record_id, d.subscription, d.system, d.kind, d.seq, d.error->>'code' as code, r.number, r.updated_at,
    case when d.dead then 'dead' when d.desired > d.acked then 'pending' else 'done' end as state,
    case $10::text when 'created' then r.created_at when 'acknowledged' then d.acked_at else r.updated_at end as at
  from ${source}
  where ($1::text is null or d.system = $1) and ($2::text[] is null or d.subscription = any ($2)) and ($4::text is null or d.error->>'code' = $4)
    and ($7::text is null or d.kind = $7) and ($8::text[] is null or r.number = any ($8)) and case when $9::uuid[] is null then d.closed is null else r.id = any ($9) end`

// Of typed kinds with what is noted, read from the records at once.
const chosenDeliveries = `
with matching as (${[
  'torg.delivery d join torg.any_record r on r.id = d.record_id',
  ...typedKinds.map(({ kind, view }) => `(select * from ${view} where acked is not null) r cross join lateral torg.acknowledged(r.id, '${kind}', r.acked) d`),
].map(deliveriesFrom).join('\n  union all')}
), chosen as (
  select record_id as item, subscription, system, subscription as node, kind as what, coalesce(number, record_id::text) as name, coalesce(at, updated_at) as at, seq, state, code,
    case when state = 'pending' then 'waiting' else 'taken' end as standing
  from matching
  where ($3::text is null or state in ($3, 'pending')) and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
)`

// What a system itself said is not sent back to it: records of which every field is its own.
const chosenRecords = `
with chosen as (
  select r.id as item, s.id as subscription, s.system, s.id as node, r.kind as what, coalesce(r.number, r.id::text) as name,
    case $10::text when 'created' then r.created_at else r.updated_at end as at, row_number() over (order by r.id) as seq, 'new' as state, null::text as code, 'taken' as standing
  from unnest($2::text[], $3::text[], $4::text[]) as s (id, kind, system) join torg.any_record r on r.kind = s.kind
  where ($1::text is null or s.system = $1) and r.version > 0 and r.deleted_at is null
    and ($5::timestamptz is null or case $10::text when 'created' then r.created_at else r.updated_at end >= $5)
    and ($6::timestamptz is null or case $10::text when 'created' then r.created_at else r.updated_at end < $6)
    and ($7::text is null or r.kind = $7) and ($8::text[] is null or r.number = any ($8)) and ($9::uuid[] is null or r.id = any ($9))
    and not coalesce(r.acked ? s.id, false) and not exists (select from torg.delivery d where d.record_id = r.id and d.subscription = s.id)
    and case when r.author is not null then r.author <> s.system else r.origins = '[]' or exists (select 1 from jsonb_array_elements(r.origins) p where p.value->>'system' <> s.system) end
)`

/**
 * The statement's beginning, and the values it takes; further ones begin at $11.
 *
 * @param subscriptions those in force, which a back-fill feeds
 */
export function chosen(selection: Selection, subscriptions: readonly Subscription[]): { text: string, values: unknown[] } {
  if (selection.type === 'records') {
    const { system, nodes, from, to, kind, numbers, ids, period } = selection
    const fed = subscriptions.filter(({ id }) => nodes?.includes(id) ?? true)
    const columns = [fed.map(({ id }) => id), fed.map(one => one.kind), fed.map(one => one.system)]
    return { text: chosenRecords, values: [system ?? null, ...columns, ...[from, to, kind, numbers, ids].map(value => value ?? null), period ?? 'updated'] }
  }
  const { system, nodes, state, code, from, to } = selection
  const common = [system, nodes, state, code, from, to].map(value => value ?? null)
  return selection.type === 'messages'
    ? { text: chosenMessages, values: [...common, selection.topic ?? null, selection.keys ?? null, selection.ids ?? null, selection.every ?? false] }
    : { text: chosenDeliveries, values: [...common, selection.kind ?? null, selection.numbers ?? null, selection.ids ?? null, selection.period ?? 'updated'] }
}
