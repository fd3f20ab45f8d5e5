/** Processes that share the work, and the duties that one of them does at a time. */
export const processes = `
create table torg.process (
  owner text collate "C" primary key,
  -- Names the advisory lock that the process holds while it lives.
  lock integer generated always as identity,
  role text not null check (role in ('hub', 'worker')),
  host text not null,
  pid integer not null,
  version text not null,
  connectors text[] not null,
  -- The deployment it has open; null: none.
  deployment integer,
  working boolean not null,
  -- What it does, or why it does nothing.
  state text not null,
  since timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  -- Since when others have seen its lock free; null while it holds it.
  free_since timestamptz,
  -- Its leases and duties were ended then.
  gone_at timestamptz
);

create table torg.duty (
  name text collate "C" primary key,
  owner text collate "C" not null,
  since timestamptz not null default now(),
  until timestamptz not null
);
`
