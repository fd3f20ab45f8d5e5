/** Match keys, reviews of what may be the same, and records that became one. */
export const identity = `
-- By what records are recognised that no reference tells. The first who has a key takes the slot of zeros, others their own id: of two who
-- believe to be the first at the same moment one fails and looks again.
create table torg.match_key (
  kind text collate "C" not null,
  rule text collate "C" not null,
  value text collate "C" not null,
  slot uuid not null,
  record_id uuid not null references torg.record (id),
  primary key (kind, rule, value, slot)
);

create table torg.review (
  id integer generated always as identity primary key,
  kind text not null,
  -- The record that was made, then those it may be the same as.
  records uuid[] not null,
  rules text[] not null,
  reason text not null,
  message_id uuid,
  opened_at timestamptz not null default now(),
  state text collate "C" not null default 'open' check (state in ('open', 'merged', 'distinct')),
  decided_at timestamptz,
  decided_by text,
  note text
);
create index review_open on torg.review (id) where state = 'open';

-- Who made one record part of another one, and what it takes to have two again.
create table torg.merge (
  id integer generated always as identity primary key,
  kind text not null,
  into_id uuid not null references torg.record (id),
  from_id uuid not null references torg.record (id),
  by text not null,
  why text not null,
  at timestamptz not null default now(),
  kept jsonb not null,
  undone_at timestamptz,
  undone_by text,
  undone_why text
);
create unique index merge_standing on torg.merge (from_id) where undone_at is null;

-- The record this one became part of. Its references moved there; links to it are followed on reading.
alter table torg.record add column merged_into uuid references torg.record (id);
create index record_merged on torg.record (merged_into) where merged_into is not null;

-- The record that one is part of now: itself where it was never merged.
create function torg.surviving(id uuid) returns uuid language sql stable as $$
  with recursive chain as (
    select r.id, r.merged_into from torg.record r where r.id = $1
    union select r.id, r.merged_into from chain c join torg.record r on r.id = c.merged_into
  )
  select c.id from chain c where c.merged_into is null
$$;

-- The record with all that became part of it: what links to any of them is its.
create function torg.merged_with(id uuid) returns setof uuid language sql stable as $$
  with recursive parts as (
    select torg.surviving($1) as id
    union select r.id from parts p join torg.record r on r.merged_into = p.id
  )
  select p.id from parts p where p.id is not null
$$;
`
