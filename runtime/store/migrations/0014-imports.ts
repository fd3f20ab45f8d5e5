/** Imports of files: how far each is, the lines that were refused, and which references a full file holds. And back-fills, which are repairs. */
export const imports = `
create table torg.import (
  id uuid primary key,
  kind text collate "C" not null,
  system text collate "C" not null,
  -- What the file says is all there is: what it does not hold is removed.
  full_file boolean not null,
  format text not null check (format in ('ndjson', 'csv')),
  mapping jsonb,
  dry_run boolean not null,
  by text not null,
  at timestamptz not null default now(),
  -- waiting: for lines, for the first time or again. confirm: for a person. removing: all lines are in, what they do not hold goes.
  state text collate "C" not null default 'waiting' check (state in ('waiting', 'receiving', 'confirm', 'removing', 'done', 'cancelled')),
  -- Who receives it, and until when nobody else may.
  receiver uuid,
  held_until timestamptz,
  -- The last line that is settled, and the hash of all up to it.
  line integer not null default 0,
  digest bytea,
  rows integer not null default 0,
  created integer not null default 0,
  updated integer not null default 0,
  unchanged integer not null default 0,
  stale integer not null default 0,
  removed integer not null default 0,
  failed integer not null default 0,
  -- Failed lines of which not even the reference could be read.
  unreadable integer not null default 0,
  -- Of a full file: how many of the system's records it does not hold, and how many it had.
  absent integer,
  known integer,
  -- The last reference that was looked at while removing, and those another system's say keeps.
  removed_to text collate "C",
  kept integer not null default 0,
  reason text,
  ended_at timestamptz,
  ended_by text,
  check ((state = 'receiving') = (receiver is not null) and (receiver is null) = (held_until is null))
);
create unique index import_open on torg.import (kind, system) where state not in ('done', 'cancelled');

create table torg.import_error (
  import_id uuid not null references torg.import (id),
  line integer not null,
  error jsonb not null,
  -- What stood there, shortened.
  text text not null,
  primary key (import_id, line)
);

-- Of full files only, until they are done.
create table torg.import_reference (
  import_id uuid not null,
  external_id text collate "C" not null,
  primary key (import_id, external_id)
);

-- A repair may also give records to a subscription that has never had them.
alter table torg.repair drop constraint repair_type_check, add constraint repair_type_check check (type in ('messages', 'deliveries', 'records'));
`
