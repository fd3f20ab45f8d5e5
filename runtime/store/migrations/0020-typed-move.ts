/** Prices and stock that stand in torg.record move into the tables of migration 0018, with their own references and what was acknowledged. */
export const typedMove = `
-- Null for what is none: a migration must not fail at a document.
create function torg.moment_of(value text) returns timestamptz language plpgsql stable as $$
begin
  return case when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z$' then value::timestamptz end;
exception when others then
  return null;
end
$$;
create function torg.day_of(value text) returns date language plpgsql stable as $$
begin
  return case when value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then value::date end;
exception when others then
  return null;
end
$$;
create function torg.id_of(value jsonb) returns uuid language sql stable as $$
  select case when value ->> 'id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (value ->> 'id')::uuid end
$$;
create function torg.decimal_of(value jsonb) returns numeric language sql stable as $$
  select case when jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^-?(0|[1-9][0-9]{0,60})([.][0-9]{1,30})?$' then (value #>> '{}')::numeric end
$$;
create function torg.text_of(value jsonb) returns text language sql stable as $$
  select case when jsonb_typeof(value) = 'string' then value #>> '{}' end
$$;

-- Merges of them are not offered any more; who was merged stays deleted.
delete from torg.merge where kind in ('price', 'stock');
update torg.record set merged_into = null where kind in ('price', 'stock') and merged_into is not null;

insert into torg.price (id, version, schema, number, created_at, updated_at, deleted_at, turns_at, erased, provenance, system, external_id, source_time, acked,
  variant_id, type, list, channel, store, customer_group, customer_id, campaign_id, minimum_quantity, minimum_unit, unit, amount, currency, tax_included, valid_from, valid_to)
select r.id, r.version, r.schema, r.number, r.created_at, r.updated_at, r.deleted_at, r.turns_at, r.erased, r.provenance, o.system, o.external_id, o.source_time, a.acked,
  torg.id_of(d -> 'variant'), torg.text_of(d -> 'type'), torg.text_of(d -> 'list'), torg.text_of(d -> 'channel'), torg.text_of(d -> 'store'), torg.text_of(d -> 'customerGroup'),
  torg.id_of(d -> 'customer'), torg.id_of(d -> 'campaign'), torg.decimal_of(d #> '{minimumQuantity,value}'), torg.text_of(d #> '{minimumQuantity,unit}'), torg.text_of(d -> 'unit'),
  torg.decimal_of(d #> '{value,amount}'), torg.text_of(d #> '{value,currency}'), case when jsonb_typeof(d -> 'taxIncluded') = 'boolean' then (d ->> 'taxIncluded')::boolean end,
  torg.moment_of(d ->> 'validFrom'), torg.moment_of(d ->> 'validTo')
from torg.record r
cross join lateral (select r.document as d) x
left join lateral (select f.system, f.external_id, f.source_time from torg.reference f where f.record_id = r.id and f.kind = r.kind order by f.system, f.external_id limit 1) o on true
left join lateral (
  select jsonb_object_agg(v.subscription, jsonb_build_array(v.acked, v.generation, v.present, floor(extract(epoch from v.acked_at) * 1000), v.reason)) as acked
  from torg.delivery v where v.record_id = r.id and v.desired <= v.acked and not v.dead and not v.held
) a on true
where r.kind = 'price' and r.version > 0;

insert into torg.stock (id, version, schema, number, created_at, updated_at, deleted_at, turns_at, erased, provenance, system, external_id, source_time, acked,
  variant_id, location, as_of, on_hand, unit, reserved, incoming, incoming_on)
select r.id, r.version, r.schema, r.number, r.created_at, r.updated_at, r.deleted_at, r.turns_at, r.erased, r.provenance, o.system, o.external_id, o.source_time, a.acked,
  torg.id_of(d -> 'variant'), torg.text_of(d -> 'location'), torg.moment_of(d ->> 'asOf'), torg.decimal_of(d #> '{onHand,value}'), torg.text_of(d #> '{onHand,unit}'),
  torg.decimal_of(d #> '{reserved,value}'), torg.decimal_of(d #> '{incoming,value}'), torg.day_of(d ->> 'incomingOn')
from torg.record r
cross join lateral (select r.document as d) x
left join lateral (select f.system, f.external_id, f.source_time from torg.reference f where f.record_id = r.id and f.kind = r.kind order by f.system, f.external_id limit 1) o on true
left join lateral (
  select jsonb_object_agg(v.subscription, jsonb_build_array(v.acked, v.generation, v.present, floor(extract(epoch from v.acked_at) * 1000), v.reason)) as acked
  from torg.delivery v where v.record_id = r.id and v.desired <= v.acked and not v.dead and not v.held
) a on true
where r.kind = 'stock' and r.version > 0;

-- What the columns do not say to the letter.
update torg.price p set rest = e.rest from (
  select r.id, jsonb_object_agg(f.key, f.value) as rest from torg.price q join torg.record r on r.id = q.id cross join lateral jsonb_each(r.document) f
  where torg.document(q) -> f.key is distinct from f.value group by r.id
) e where p.id = e.id;
update torg.stock p set rest = e.rest from (
  select r.id, jsonb_object_agg(f.key, f.value) as rest from torg.stock q join torg.record r on r.id = q.id cross join lateral jsonb_each(r.document) f
  where torg.document(q) -> f.key is distinct from f.value group by r.id
) e where p.id = e.id;

insert into torg.subscription (id, system, lane)
select distinct on (subscription) subscription, system, lane from torg.delivery where kind in ('price', 'stock') order by subscription, seq desc
on conflict (id) do nothing;
delete from torg.delivery where kind in ('price', 'stock') and desired <= acked and not dead and not held;
delete from torg.reference f using torg.price p where f.record_id = p.id and f.system = p.system and f.kind = 'price' and f.external_id = p.external_id;
delete from torg.reference f using torg.stock p where f.record_id = p.id and f.system = p.system and f.kind = 'stock' and f.external_id = p.external_id;
delete from torg.record where kind in ('price', 'stock') and version > 0;

-- Their searchable fields get indexes of the new tables.
do $$
declare
  name text;
begin
  for name in select indexname from pg_indexes where schemaname = 'torg' and starts_with(indexname, 'record_ext_') and (indexdef like '%''price''%' or indexdef like '%''stock''%') loop
    execute 'drop index torg.' || quote_ident(name);
  end loop;
end
$$;

drop function torg.moment_of, torg.day_of, torg.id_of, torg.decimal_of, torg.text_of;
`
