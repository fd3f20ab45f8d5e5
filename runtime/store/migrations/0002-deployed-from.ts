/** What a deployment was made from. Until now only `by` told: the files deployed as `files`, everybody else in the editor. */
export const deployedFrom = `
alter table torg.deployment add column made_from text check (made_from in ('files', 'editor', 'api'));
update torg.deployment set made_from = case when by = 'files' then 'files' else 'editor' end;
alter table torg.deployment alter column made_from set not null;
`
