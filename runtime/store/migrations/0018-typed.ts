/**
 * Prices and stock in tables of their own: columns instead of a document, one origin per row, and deliveries only while they wait. Beside them the
 * views by which whoever does not care reads any kind.
 */
export const typed = `
-- What stands under a typed id stands in no row of torg.record.
alter table torg.reference drop constraint reference_record_id_fkey;
alter table torg.delivery drop constraint delivery_record_id_fkey;
alter table torg.contender drop constraint contender_record_id_fkey;

create table torg.price (
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- When the hub received what its one origin said.
  said_at timestamptz,
  valid_from timestamptz,
  valid_to timestamptz,
  source_time timestamptz,
  turns_at timestamptz,
  deleted_at timestamptz,
  version integer not null check (version > 0),
  tax_included boolean,
  erased boolean not null default false,
  id uuid primary key,
  variant_id uuid,
  -- The message or import of its one origin.
  message_id uuid,
  customer_id uuid,
  campaign_id uuid,
  -- The reference of its own kind under which it was created; further ones stand in torg.reference. The system is also that of its one origin.
  system text collate "C",
  external_id text collate "C",
  list text collate "C",
  type text collate "C",
  currency text collate "C",
  amount numeric,
  channel text collate "C",
  store text collate "C",
  customer_group text collate "C",
  minimum_quantity numeric,
  minimum_unit text collate "C",
  unit text collate "C",
  schema text collate "C" not null,
  number text collate "C",
  -- Fields of the document that the columns do not say exactly: they stand here as they are.
  rest jsonb,
  -- Null: one origin, as the columns say it. Else all of it, as in torg.record.
  provenance jsonb,
  -- Digest of what its one source said last, where an import wrote it and nobody else since.
  said bytea,
  -- Subscription -> [version, generation, present, acknowledged at in ms or null, reason of a removal]: what ended well. What waits, is held or dead is a row of torg.delivery, which counts before this.
  acked jsonb,
  constraint price_reference unique (system, external_id),
  check ((system is null) = (external_id is null))
) with (fillfactor = 85);
create index price_scope on torg.price (variant_id, customer_id, list, (coalesce(store, '')));
create index price_customer on torg.price (customer_id, updated_at, id) where customer_id is not null;
create index price_turns on torg.price (turns_at) where turns_at is not null;
create index price_updated on torg.price (updated_at, id);
create index price_number on torg.price (number) where number is not null;

create table torg.stock (
  created_at timestamptz not null,
  updated_at timestamptz not null,
  said_at timestamptz,
  as_of timestamptz,
  source_time timestamptz,
  turns_at timestamptz,
  deleted_at timestamptz,
  version integer not null check (version > 0),
  incoming_on date,
  erased boolean not null default false,
  id uuid primary key,
  variant_id uuid,
  message_id uuid,
  system text collate "C",
  external_id text collate "C",
  location text collate "C",
  -- Of all three quantities.
  unit text collate "C",
  on_hand numeric,
  reserved numeric,
  incoming numeric,
  schema text collate "C" not null,
  number text collate "C",
  rest jsonb,
  provenance jsonb,
  said bytea,
  acked jsonb,
  constraint stock_reference unique (system, external_id),
  check ((system is null) = (external_id is null))
) with (fillfactor = 85);
create index stock_variant on torg.stock (variant_id, location);
create index stock_turns on torg.stock (turns_at) where turns_at is not null;
create index stock_updated on torg.stock (updated_at, id);
create index stock_number on torg.stock (number) where number is not null;

-- To which system the subscriptions in acked belong, also once they are no longer deployed.
create table torg.subscription (
  id text collate "C" primary key,
  system text collate "C" not null,
  lane text collate "C" not null
);

-- The functions below are inlined.
create function torg.instant(at timestamptz) returns text language sql stable as $$
  select to_char(at at time zone 'UTC', case when date_trunc('second', at) = at then 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    when date_trunc('milliseconds', at) = at then 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"' else 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"' end)
$$;

create function torg.document(p torg.price) returns jsonb language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'variant', case when p.variant_id is not null then jsonb_build_object('id', p.variant_id) end,
    'type', p.type, 'list', p.list, 'channel', p.channel, 'store', p.store, 'customerGroup', p.customer_group,
    'customer', case when p.customer_id is not null then jsonb_build_object('id', p.customer_id) end,
    'minimumQuantity', case when p.minimum_quantity is not null then jsonb_build_object('value', p.minimum_quantity::text, 'unit', p.minimum_unit) end,
    'unit', p.unit,
    'value', case when p.amount is not null then jsonb_build_object('amount', p.amount::text, 'currency', p.currency) end,
    'taxIncluded', p.tax_included,
    'campaign', case when p.campaign_id is not null then jsonb_build_object('id', p.campaign_id) end,
    'validFrom', torg.instant(p.valid_from), 'validTo', torg.instant(p.valid_to)
  )) || coalesce(p.rest, '{}')
$$;

create function torg.document(p torg.stock) returns jsonb language sql stable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'variant', case when p.variant_id is not null then jsonb_build_object('id', p.variant_id) end,
    'location', p.location, 'asOf', torg.instant(p.as_of),
    'onHand', case when p.on_hand is not null then jsonb_build_object('value', p.on_hand::text, 'unit', p.unit) end,
    'reserved', case when p.reserved is not null then jsonb_build_object('value', p.reserved::text, 'unit', p.unit) end,
    'incoming', case when p.incoming is not null then jsonb_build_object('value', p.incoming::text, 'unit', p.unit) end,
    'incomingOn', to_char(p.incoming_on, 'YYYY-MM-DD')
  )) || coalesce(p.rest, '{}')
$$;

-- One origin for all fields of a document, as torg.record keeps origins: own fields have one per namespace.
create function torg.origins(document jsonb, system text, message_id uuid, said_at timestamptz, source_time timestamptz) returns jsonb language sql stable as $$
  select jsonb_build_array(jsonb_build_object('system', system, 'message', message_id, 'at', to_char(said_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'fields', coalesce((select jsonb_agg(at || replace(replace(k, '~', '~0'), '/', '~1')) from (
        select '/' as at, k from jsonb_object_keys(document) k where k <> 'ext'
        union all select '/ext/', k from jsonb_object_keys(coalesce(document -> 'ext', '{}')) k) f), '[]'))
    || case when source_time is null then '{}' else jsonb_build_object('sourceTime', to_char(source_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) end)
$$;

-- The kinds as records, own reference and columns included.
create view torg.price_record as
select p.id, 'price'::text collate "C" as kind, p.version, p.schema, p.number, torg.document(p) as document,
  coalesce(p.provenance, torg.origins(torg.document(p), p.system, p.message_id, p.said_at, p.source_time)) as provenance,
  p.created_at, p.updated_at, p.deleted_at, null::uuid as merged_into, p.turns_at, p.erased, p.system as own_system, p.external_id as own_id,
  case when p.provenance is null then p.system end as author, p.source_time, p.acked, p.rest, p.variant_id, p.customer_id, p.store, p.channel, p.customer_group, p.currency
from torg.price p;

create view torg.stock_record as
select p.id, 'stock'::text collate "C" as kind, p.version, p.schema, p.number, torg.document(p) as document,
  coalesce(p.provenance, torg.origins(torg.document(p), p.system, p.message_id, p.said_at, p.source_time)) as provenance,
  p.created_at, p.updated_at, p.deleted_at, null::uuid as merged_into, p.turns_at, p.erased, p.system as own_system, p.external_id as own_id,
  case when p.provenance is null then p.system end as author, p.source_time, p.acked, p.rest, p.variant_id
from torg.stock p;

-- Records, references and deliveries of whatever kind. The author is the one system that said all of a record, where that is known without its provenance.
create view torg.any_record as
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, merged_into, turns_at, erased, null::text collate "C" as own_system, null::text collate "C" as own_id, null::text collate "C" as author from torg.record
union all
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, merged_into, turns_at, erased, own_system, own_id, author from torg.price_record
union all
select id, kind, version, schema, number, document, provenance, created_at, updated_at, deleted_at, merged_into, turns_at, erased, own_system, own_id, author from torg.stock_record;

-- Without conditions, or no index would serve a join with it: a typed record without a reference of its own is a row without a system.
create view torg.any_reference as
select system, kind, external_id, record_id, source_time from torg.reference
union all select system, 'price'::text collate "C", external_id, id, source_time from torg.price
union all select system, 'stock'::text collate "C", external_id, id, source_time from torg.stock;

-- What acked of a record says, as rows of torg.delivery.
create function torg.acknowledged(record_id uuid, kind text, acked jsonb) returns table (
  subscription text, record_id uuid, seq bigint, kind text, system text, lane text, key text, desired integer, acked integer, generation integer, operation text, reason text, attempts integer,
  due_at timestamptz, dead boolean, dead_at timestamptz, error jsonb, wanted_at timestamptz, message_id uuid, held boolean, acked_at timestamptz, present boolean, closed jsonb
) language sql stable as $$
  select n.key collate "C", $1, 0::bigint, $2, s.system, s.lane, $1::text, (n.value ->> 0)::int, (n.value ->> 0)::int, (n.value ->> 1)::int,
    case when (n.value ->> 2)::boolean then 'upsert' else 'remove' end, n.value ->> 4, 0, '-infinity'::timestamptz, false, null::timestamptz, null::jsonb, '-infinity'::timestamptz, null::uuid, false,
    to_timestamp((n.value ->> 3)::float8 / 1000), (n.value ->> 2)::boolean, null::jsonb
  from jsonb_each($3) n left join torg.subscription s on s.id = n.key
  where not exists (select from torg.delivery d where d.record_id = $1 and d.subscription = n.key)
$$;

-- All deliveries of one record; of many by "cross join lateral", so that indexes serve it.
create function torg.deliveries_of(id uuid) returns table (
  subscription text, record_id uuid, seq bigint, kind text, system text, lane text, key text, desired integer, acked integer, generation integer, operation text, reason text, attempts integer,
  due_at timestamptz, dead boolean, dead_at timestamptz, error jsonb, wanted_at timestamptz, message_id uuid, held boolean, acked_at timestamptz, present boolean, closed jsonb
) language sql stable as $$
  select subscription, record_id, seq, kind, system, lane, key, desired, acked, generation, operation, reason, attempts, due_at, dead, dead_at, error, wanted_at, message_id, held, acked_at, present, closed
  from torg.delivery where record_id = $1
  union all select a.* from torg.price p cross join lateral torg.acknowledged(p.id, 'price', p.acked) a where p.id = $1 and p.acked is not null
  union all select a.* from torg.stock p cross join lateral torg.acknowledged(p.id, 'stock', p.acked) a where p.id = $1 and p.acked is not null
$$;

-- For reading a large part of them.
create view torg.any_delivery as
select subscription, record_id, seq, kind, system, lane, key, desired, acked, generation, operation, reason, attempts, due_at, dead, dead_at, error, wanted_at, message_id, held, acked_at, present, closed
from torg.delivery
union all select a.* from torg.price p cross join lateral torg.acknowledged(p.id, 'price', p.acked) a where p.acked is not null
union all select a.* from torg.stock p cross join lateral torg.acknowledged(p.id, 'stock', p.acked) a where p.acked is not null;

-- Of kinds that are never merged there is one each.
create or replace function torg.surviving(id uuid) returns uuid language sql stable as $$
  with recursive chain as (
    select r.id, r.merged_into from torg.record r where r.id = $1
    union select r.id, r.merged_into from chain c join torg.record r on r.id = c.merged_into
  )
  select coalesce((select c.id from chain c where c.merged_into is null), $1)
$$;

-- Prices among these that hold at the same time as another one of their scope, with that one.
create function torg.overlaps(ids uuid[]) returns table (id uuid, other uuid) language sql stable as $$
  select n.id, o.id from torg.price n cross join lateral (
    select p.* from torg.price p where n.customer_id is null and p.variant_id = n.variant_id and p.customer_id is null and p.list = n.list and coalesce(p.store, '') = coalesce(n.store, '')
    union all
    select p.* from torg.price p where p.variant_id = n.variant_id and p.customer_id = n.customer_id and p.list = n.list and coalesce(p.store, '') = coalesce(n.store, '')
  ) o
  where n.id = any ($1) and n.deleted_at is null and o.deleted_at is null and o.id <> n.id and o.currency = n.currency
    and o.type is not distinct from n.type and o.channel is not distinct from n.channel and o.customer_group is not distinct from n.customer_group
    and o.unit is not distinct from n.unit and o.minimum_quantity is not distinct from n.minimum_quantity and o.minimum_unit is not distinct from n.minimum_unit
    and (o.valid_from is null or n.valid_to is null or o.valid_from < n.valid_to) and (n.valid_from is null or o.valid_to is null or n.valid_from < o.valid_to)
$$;

-- One bucket of variants at a time, in a class of locks that is not that of processes (presence.ts): of two who write prices of one scope at the same moment the second sees the first. A statement of its own before the look, which then sees what the first committed.
create function torg.lock_scopes(ids uuid[]) returns void language sql volatile as $$
  select pg_advisory_xact_lock(702199, bucket) from (
    select distinct hashtext(variant_id::text) & 255 as bucket from torg.price where id = any ($1) and variant_id is not null order by 1 offset 0
  ) b
$$;

create function torg.price_named(id uuid) returns json language sql stable as $$
  select json_build_object('id', p.id, 'version', p.version, 'system', p.system, 'ref', p.external_id, 'list', p.list, 'from', torg.instant(p.valid_from), 'to', torg.instant(p.valid_to))
  from torg.price p where p.id = $1
$$;

-- To be asked behind a write of these prices: fails it, as a constraint would.
create function torg.refuse_overlaps(ids uuid[]) returns void language plpgsql volatile as $$
declare
  hit record;
begin
  perform torg.lock_scopes(ids);
  select json_build_object('price', torg.price_named(o.id), 'other', torg.price_named(o.other)) as detail into hit from torg.overlaps(ids) o limit 1;
  if found then
    raise exception 'Two prices of one scope would hold at the same time.' using errcode = 'exclusion_violation', detail = hit.detail::text, table = 'price';
  end if;
end
$$;
`
