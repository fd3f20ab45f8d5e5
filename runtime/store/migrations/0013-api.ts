/** Keys of the hub API, answers kept for repeated requests, and the ways in which records are read: by time, by what they link to, by sku. */
export const api = `
create table torg.api_key (
  id text collate "C" primary key,
  name text not null,
  -- The system whose key it is, in the words of the role table.
  system text,
  scopes text[] not null,
  -- SHA-256 of the whole key, which itself is nowhere.
  digest bytea not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);

-- What was answered to a request with an idempotency key; status is null while the request is under way.
create table torg.answer (
  caller text collate "C" not null,
  key text collate "C" not null,
  digest bytea not null,
  begun_at timestamptz not null default now(),
  status integer,
  headers jsonb,
  body text,
  primary key (caller, key)
);
create index answer_begun on torg.answer (begun_at);

create index record_updated on torg.record (kind, updated_at, id) where version > 0;
-- The kinds stand in the conditions, so that a record of another kind costs a comparison of two texts.
create index record_buyer on torg.record ((document #>> '{buyer,customer,id}'), updated_at, id)
  where kind = 'order' and document #>> '{buyer,customer,id}' is not null;
create index record_customer on torg.record (kind, (document #>> '{customer,id}'), updated_at, id)
  where kind in ('consent', 'receipt', 'return', 'refund', 'price') and document #>> '{customer,id}' is not null;
create index record_order on torg.record (kind, (document #>> '{order,id}'), updated_at, id)
  where kind in ('fulfilment', 'receipt', 'return', 'refund') and document #>> '{order,id}' is not null;
create index record_receipt on torg.record (kind, (document #>> '{receipt,id}'), updated_at, id)
  where kind in ('return', 'refund') and document #>> '{receipt,id}' is not null;
create index record_variant on torg.record (kind, (document #>> '{variant,id}'), updated_at, id)
  where kind in ('price', 'listing', 'stock', 'stock-movement') and document #>> '{variant,id}' is not null;
create index record_product on torg.record ((document #>> '{product,id}'), updated_at, id)
  where kind = 'variant' and document #>> '{product,id}' is not null;
create index record_sku on torg.record ((document ->> 'sku'), updated_at, id) where kind = 'variant';
`
