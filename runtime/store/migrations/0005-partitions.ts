/**
 * Messages and runs in partitions of weeks, by the time in their ids (UUIDv7), so that what is old goes as a whole table. Events have a
 * table of their own, because a unique index over partitions would need the time. Closing dead letters.
 */
export const partitions = `
-- The least id of a moment: the first 48 bits of a UUIDv7 are its milliseconds.
create function torg.first_id(at timestamptz) returns uuid language sql immutable strict as $$
  select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the partitions of so many weeks from since to until that are missing, named by their first day (UTC), and answers their names. A
-- new one is attached, not created in place: that only locks the default partition, from which it takes what a wrong clock put there.
create function torg.add_partitions(parent text, weeks integer, since timestamptz, until timestamptz) returns setof text language plpgsql as $$
declare
  length interval := weeks * interval '168 hours';
  first timestamptz := date_bin(length, since, '1970-01-05Z');
  name text;
begin
  while first <= until loop
    name := parent || '_' || to_char(first at time zone 'UTC', 'YYYYMMDD');
    if to_regclass('torg.' || name) is null then
      -- One process at a time; another may have made it meanwhile.
      execute format('lock table torg.%I in share update exclusive mode', parent);
    end if;
    if to_regclass('torg.' || name) is null then
      execute format('create table torg.%I (like torg.%I including defaults including constraints)', name, parent);
      execute format('with moved as (delete from torg.%I where id >= %L and id < %L returning *) insert into torg.%I select * from moved',
        parent || '_default', torg.first_id(first), torg.first_id(first + length), name);
      execute format('alter table torg.%I attach partition torg.%I for values from (%L) to (%L)',
        parent, name, torg.first_id(first), torg.first_id(first + length));
      return next name;
    end if;
    first := first + length;
  end loop;
end $$;

alter table torg.message rename to message_before;
alter table torg.message_before drop constraint message_pkey;
drop index torg.message_event, torg.message_pending, torg.message_dead;
alter table torg.run rename to run_before;
alter table torg.run_before drop constraint run_pkey;

-- A sequence, as identity columns are for partitioned tables from PostgreSQL 17 on only.
create sequence torg.message_seq;

create table torg.message (
  id uuid primary key,
  seq bigint not null default nextval('torg.message_seq'),
  lane text collate "C" not null,
  system text not null,
  source text collate "C" not null,
  topic text not null,
  key text collate "C" not null,
  event_id text collate "C",
  content_type text not null,
  headers jsonb not null,
  body bytea not null,
  source_time timestamptz,
  received_at timestamptz not null default now(),
  state text collate "C" not null default 'pending' check (state in ('pending', 'done', 'dead')),
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  settled_at timestamptz,
  dead_at timestamptz,
  error jsonb,
  -- Of a dead letter that needs nobody any more: { by, at, note }.
  closed jsonb
) partition by range (id);
create index message_pending on torg.message (lane, key, seq) where state = 'pending';
create index message_dead on torg.message (dead_at, id) where state = 'dead' and closed is null;
create table torg.message_default partition of torg.message default;

-- An event of a source is taken once, for as long as its message is kept.
create table torg.event (
  source text collate "C" not null,
  event_id text collate "C" not null,
  message_id uuid not null,
  primary key (source, event_id)
);

create table torg.run (
  id uuid primary key,
  lane text not null,
  key text not null,
  node text not null,
  deployment integer not null,
  message_id uuid,
  subscription text,
  record_id uuid,
  version integer,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  outcome text not null check (outcome in ('done', 'retry', 'dead')),
  error jsonb
) partition by range (id);
create table torg.run_default partition of torg.run default;

-- At most a year back: ids of a wrong clock, and of runs before they had a time in them, belong into the default partition.
select torg.add_partitions('message', 3, greatest(coalesce(min(received_at), now()), now() - interval '1 year'), now()) from torg.message_before;
select torg.add_partitions('run', 1, now(), now());

insert into torg.message (id, seq, lane, system, source, topic, key, event_id, content_type, headers, body, source_time, received_at, state, attempts, due_at, settled_at, dead_at, error)
select id, seq, lane, system, source, topic, key, event_id, content_type, headers, body, source_time, received_at, state, attempts, due_at, settled_at, dead_at, error
from torg.message_before;
insert into torg.event (source, event_id, message_id) select source, event_id, id from torg.message_before where event_id is not null;
select setval('torg.message_seq', coalesce(max(seq), 0) + 1, false) from torg.message_before;
insert into torg.run (id, lane, key, node, deployment, message_id, subscription, record_id, version, started_at, ended_at, outcome, error)
select id, lane, key, node, deployment, message_id, subscription, record_id, version, started_at, ended_at, outcome, error from torg.run_before;
drop table torg.message_before, torg.run_before;

alter table torg.delivery add column closed jsonb;
drop index torg.delivery_dead;
create index delivery_dead on torg.delivery (dead_at, subscription, record_id) where dead and closed is null;
`
