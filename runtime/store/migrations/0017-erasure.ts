/** Erasures of customers: what they concern, and until they are done the words by which the person is also found. */
export const erasure = `
alter table torg.record add column erased boolean not null default false;
alter table torg.delivery drop constraint delivery_reason_check,
  add constraint delivery_reason_check check (reason in ('deleted', 'filter', 'merged', 'erased'));

create table torg.erasure (
  id integer generated always as identity primary key,
  customer uuid not null references torg.record (id),
  by text not null,
  why text not null,
  at timestamptz not null default now(),
  -- The customer's and those of everything that tells of them.
  records uuid[] not null,
  identifiers text[] not null,
  -- System -> { by, at, note }, where a person says that it is done.
  by_hand jsonb not null default '{}',
  swept_at timestamptz,
  ended_at timestamptz
);
create unique index erasure_customer on torg.erasure (customer);
create index erasure_open on torg.erasure (id) where ended_at is null;
`
