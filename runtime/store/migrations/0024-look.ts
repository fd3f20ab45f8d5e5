/** What is to be looked at again: whether a subscription wants it depends on other records, which a save does not read. */
export const look = `
-- Only added to and taken away from, so that no save waits for who looks.
create table torg.look (
  seq bigint generated always as identity primary key,
  kind text collate "C" not null,
  record_id uuid not null,
  -- Not it, but what is about it: all prices of a variant.
  around boolean not null,
  -- Of the save or the moment for which it is to be looked at.
  message_id uuid,
  at timestamptz not null
);
`
