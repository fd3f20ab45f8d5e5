/** What is known of a lane beyond its work: pause, breaker, throttling, rate. A lane nothing was ever said of has no row. */
export const lane = `
create table torg.lane (
  name text collate "C" primary key,
  paused_at timestamptz,
  paused_by text,
  pause_reason text,
  -- Failures of its system in a row. The same key twice in a row counts once: it may be the document.
  failures integer not null default 0,
  failed_key text collate "C",
  -- The last failure, or the last wish to slow down.
  error jsonb,
  opened_at timestamptz,
  probe_at timestamptz,
  -- Probes that failed since it opened, and the lease of the one under way.
  probes integer not null default 0,
  probe_key text collate "C",
  probe_epoch bigint,
  -- The system asked to be left alone until then.
  throttled_until timestamptz,
  -- When the bucket of tokens is full again, and the milliseconds per token that was reckoned with.
  full_at timestamptz,
  token_ms double precision,
  -- When there is a token again, where there is none.
  token_at timestamptz,
  -- Nothing can be claimed before.
  closed_until timestamptz generated always as (greatest(
    case when paused_at is not null then 'infinity'::timestamptz end,
    throttled_until,
    case when opened_at is not null then probe_at end,
    token_at)) stored,
  check ((paused_at is null) = (paused_by is null) and (paused_at is null) = (pause_reason is null)),
  check ((opened_at is null) = (probe_at is null))
);
`
