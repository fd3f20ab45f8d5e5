/** Records that begin or end: the next moment at which somebody may begin or cease to want one. */
export const turns = `
alter table torg.record add column turns_at timestamptz;
create index record_turns on torg.record (turns_at) where turns_at is not null;
`
