/** What came of a message that is done: a proof of completeness tells one that saved nothing on purpose from one that was lost in its flow. */
export const messageResult = `
alter table torg.message
  add column result text collate "C" check (result in ('saved', 'stale', 'ended', 'none')),
  add column records uuid[];
`
