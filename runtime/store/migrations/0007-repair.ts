/** Repairs with the items they take, and what each system has acknowledged of a record. */
export const repair = `
alter table torg.delivery
  add column acked_at timestamptz,
  -- An upsert was acknowledged, and no removal since: what a system that can only create must not be sent again.
  add column present boolean not null default false;
update torg.delivery set present = true where acked > 0 and operation = 'upsert';

create table torg.repair (
  id integer generated always as identity primary key,
  type text not null check (type in ('messages', 'deliveries')),
  selection jsonb not null,
  by text not null,
  why text not null,
  at timestamptz not null default now(),
  state text collate "C" not null default 'running' check (state in ('running', 'done', 'cancelled')),
  total integer not null,
  passed_over integer not null,
  -- The position up to which the items were put back.
  cursor integer not null default 0,
  -- Of those, how many could not be: settled by somebody else meanwhile, or gone.
  skipped integer not null default 0,
  ended_at timestamptz,
  ended_by text
);
create index repair_running on torg.repair (id) where state = 'running';

-- What a repair takes is fixed when it is stored: messages, or records with the subscription. There may be a million of them, so no
-- foreign key is looked up for each.
create table torg.repair_item (
  repair_id integer not null,
  position integer not null,
  item uuid not null,
  subscription text collate "C",
  primary key (repair_id, position)
);
`
