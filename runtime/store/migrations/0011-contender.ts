/**
 * What systems said that was not written. And the origins of a record's fields once each, with the fields they set, instead of one origin
 * per field: every record is written anew here.
 */
export const contender = `
create table torg.contender (
  record_id uuid not null references torg.record (id),
  pointer text collate "C" not null,
  system text collate "C" not null,
  -- Null: it would have removed the field.
  value jsonb,
  why text not null check (why in ('master', 'rank', 'older')),
  master text not null,
  message_id uuid,
  at timestamptz not null,
  source_time timestamptz,
  node text,
  mapping text,
  primary key (record_id, pointer, system)
);

update torg.record r set provenance = coalesce((
  select jsonb_agg(origin || jsonb_build_object('fields', fields) order by origin->>'at')
  from (select value as origin, jsonb_agg(key order by key) as fields from jsonb_each(r.provenance) group by value) origins
), '[]');
`
