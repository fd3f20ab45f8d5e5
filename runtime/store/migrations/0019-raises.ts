/** What imports raise is a range of ids, made deliveries bit by bit; and what a full file holds is told by records, some thousand in a row. */
export const raises = `
-- Prices or stock that an import created and a subscription may want: those of the system between first and last. Gone once all were looked at.
create table torg.raise (
  import_id uuid not null references torg.import (id),
  subscription text collate "C" not null,
  kind text collate "C" not null,
  system text collate "C" not null,
  -- Of the subscription when it was raised: what waits is counted there.
  lane text collate "C" not null,
  first_id uuid not null,
  last_id uuid not null,
  -- The last one that was looked at, and the one before that portion.
  cursor uuid,
  before uuid,
  total integer not null,
  looked integer not null default 0,
  at timestamptz not null default now(),
  primary key (import_id, subscription)
);

-- Of full files, until they are done: the records of some lines. A record may stand in several rows.
create table torg.import_seen (
  import_id uuid not null,
  -- The last of them.
  line integer not null,
  ids uuid[] not null,
  primary key (import_id, line)
);
alter table torg.import_seen alter column ids set storage external;

-- What a full file does not hold, one reference per record: written when the file is in.
create table torg.import_absent (
  import_id uuid not null,
  external_id text collate "C" not null,
  primary key (import_id, external_id)
);

insert into torg.import_seen
select p.import_id, 0, array_agg(distinct f.record_id)
from torg.import_reference p join torg.import i on i.id = p.import_id join torg.any_reference f on f.system = i.system and f.kind = i.kind and f.external_id = p.external_id
group by p.import_id;
insert into torg.import_absent
select i.id, min(f.external_id)
from torg.import i join torg.any_reference f on f.system = i.system and f.kind = i.kind join torg.any_record r on r.id = f.record_id
where i.state in ('confirm', 'removing') and r.kind = i.kind and r.version > 0 and r.deleted_at is null and r.created_at < i.at
  and not exists (select 1 from torg.import_seen s where s.import_id = i.id and f.record_id = any (s.ids))
group by i.id, f.record_id;
drop table torg.import_reference;
`
