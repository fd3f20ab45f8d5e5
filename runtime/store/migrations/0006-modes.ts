/** Deliveries of a held subscription: wanted, but not to be claimed. They are in no queue, so they cost the claims nothing. */
export const modes = `
alter table torg.delivery add column held boolean not null default false;
drop index torg.delivery_pending;
create index delivery_pending on torg.delivery (lane, key, seq) where desired > acked and not dead and not held;
create index delivery_held on torg.delivery (subscription, key, seq) where held;
`
