/** Inbox, work with leases, records, references, deliveries, runs, deployments, cursors. Runs on PostgreSQL 14 and later. */
export const ground = `
create sequence torg.epoch;

-- One row per key of a lane that has something to do. It is the head of the key's queue and its lease in one:
-- due_at is the time to look at the key next, which is the end of the lease while somebody holds it.
create table torg.work (
  lane text collate "C" not null,
  key text collate "C" not null,
  due_at timestamptz not null,
  owner text,
  epoch bigint,
  primary key (lane, key),
  check ((owner is null) = (epoch is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index work_due on torg.work (lane, due_at);

create table torg.message (
  id uuid primary key,
  seq bigint generated always as identity,
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
  error jsonb
) with (fillfactor = 90);
create unique index message_event on torg.message (source, event_id) where event_id is not null;
create index message_pending on torg.message (lane, key, seq) where state = 'pending';
create index message_dead on torg.message (dead_at, id) where state = 'dead';

create table torg.record (
  id uuid primary key,
  kind text collate "C" not null,
  -- 0: a placeholder, made by a link to a record that was not seen yet.
  version integer not null,
  schema text not null,
  number text collate "C",
  document jsonb,
  provenance jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  check ((version = 0) = (document is null))
) with (fillfactor = 80);
create index record_number on torg.record (kind, number) where number is not null;

create table torg.reference (
  system text collate "C" not null,
  kind text collate "C" not null,
  external_id text collate "C" not null,
  record_id uuid not null references torg.record (id),
  source_time timestamptz,
  primary key (system, kind, external_id)
);
create index reference_record on torg.reference (record_id);

create table torg.delivery (
  subscription text collate "C" not null,
  record_id uuid not null references torg.record (id),
  seq bigint generated always as identity,
  kind text collate "C" not null,
  system text not null,
  lane text collate "C" not null,
  key text collate "C" not null,
  desired integer not null,
  acked integer not null default 0,
  generation integer not null default 1,
  operation text not null check (operation in ('upsert', 'remove')),
  reason text check (reason in ('deleted', 'filter', 'merged')),
  attempts integer not null default 0,
  due_at timestamptz not null default now(),
  dead boolean not null default false,
  dead_at timestamptz,
  error jsonb,
  wanted_at timestamptz not null default now(),
  message_id uuid,
  primary key (subscription, record_id)
) with (fillfactor = 80);
create index delivery_pending on torg.delivery (lane, key, seq) where desired > acked and not dead;
create index delivery_dead on torg.delivery (dead_at, subscription, record_id) where dead;
create index delivery_record on torg.delivery (record_id);

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
);

-- json, not jsonb: flows come back with the order of their fields, as they were given.
create table torg.deployment (
  id integer generated always as identity primary key,
  revision text not null,
  at timestamptz not null default now(),
  by text not null,
  note text,
  flows json not null,
  credentials json not null,
  active boolean not null
);
create unique index deployment_active on torg.deployment (active) where active;
create index deployment_revision on torg.deployment (revision);

create table torg.cursor (
  source text primary key,
  value jsonb not null,
  saved_at timestamptz not null default now()
);
`
