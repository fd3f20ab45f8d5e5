/** Dead letters that a person closed, newest first: few, and otherwise found by reading every message. */
export const closed = `
create index message_closed on torg.message (dead_at, id) where state = 'dead' and closed is not null;
create index delivery_closed on torg.delivery (dead_at, subscription, record_id) where dead and closed is not null;
`
