/** One index for the deliveries of a record instead of two: every change of a delivery writes into both. */
export const deliveryKey = `
alter table torg.delivery drop constraint delivery_pkey, add primary key (record_id, subscription);
drop index torg.delivery_record;
`
