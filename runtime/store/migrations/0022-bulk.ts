/** Prices in bulk: their scopes are locked and looked at over a range of ids, and when they were made need not be read a thousand times. */

/** As in `torg.overlaps`: two prices of one variant and one customer, or none. */
const sameScope = `o.variant_id = n.variant_id and o.list = n.list and coalesce(o.store, '') = coalesce(n.store, '')
    and n.deleted_at is null and o.deleted_at is null and o.id <> n.id and o.currency = n.currency
    and o.type is not distinct from n.type and o.channel is not distinct from n.channel and o.customer_group is not distinct from n.customer_group
    and o.unit is not distinct from n.unit and o.minimum_quantity is not distinct from n.minimum_quantity and o.minimum_unit is not distinct from n.minimum_unit
    and (o.valid_from is null or n.valid_to is null or o.valid_from < n.valid_to) and (n.valid_from is null or o.valid_to is null or n.valid_from < o.valid_to)`

export const bulk = `
-- Of a portion that is copied the times are those of its transaction, to the millisecond as the hub writes them elsewhere.
${['price', 'stock'].map(table => `alter table torg.${table} ${['created_at', 'updated_at'].map(column => `alter ${column} set default date_trunc('milliseconds', now())`).join(', ')};`).join('\n')}

-- Prices between these ids that hold at the same time as another one of their scope, with that one. Whoever writes prices waits meanwhile, and then sees these: thousands of them
-- touch nearly every bucket, so all are locked. The look is a statement of its own, which sees what was committed while the locks were waited for.

create function torg.overlaps_between(first uuid, last uuid) returns table (id uuid, other uuid) language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock(702199, bucket) from generate_series(0, 255) bucket;
  return query
  select n.id, o.id from torg.price n join torg.price o on o.customer_id is null and ${sameScope} where n.id between $1 and $2 and n.customer_id is null
  union all
  select n.id, o.id from torg.price n join torg.price o on o.customer_id = n.customer_id and ${sameScope} where n.id between $1 and $2 and n.customer_id is not null
  order by 1;
end
$$;
`
