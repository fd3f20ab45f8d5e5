/** What holds a lane back, the same for all processes: pause, breaker, throttling, and the limits a claim keeps to. */
import type { StoredError } from '../errors.ts'
import { insistent, retrying, type Database } from './db.ts'
import { isActive } from './deployments.ts'
import { toJson } from './json.ts'
import type { LaneLimits, LaneName, LaneState, Lease, SystemVerdict, WorkOutcome } from './types.ts'

/** Pause before the first probe of a system that failed, milliseconds; doubles with every probe that fails. */
const firstProbeMs = 1_000
const longestProbeMs = 60_000

// ------------------------------------------------------------ conditions of other statements

/** True where keys of the lane may be leased without asking for more: not paused, not open, not throttled. One look at a row by its key, no lock. */
export const isFree = (lane: string): string => `not exists (
  select from torg.lane l where l.name = ${lane} and (l.paused_at is not null or l.opened_at is not null or l.throttled_until > now()))`

/** True where a claim may find something now, be it a probe. */
export const isWorthAsking = (lane: string): string => `not exists (select from torg.lane l where l.name = ${lane} and l.closed_until > now())`

const closed = `failures = 0, failed_key = null, opened_at = null, probe_at = null, probes = 0, probe_key = null, probe_epoch = null,
  error = case when l.throttled_until > now() then l.error end`

/**
 * Part of a settlement, beside its `held`: a run that is done ends the row of failures and closes the lane. With nothing to end it takes
 * no lock, and 20 to 30 microseconds per settlement of however many runs.
 */
export const healed = `healed as (
  update torg.lane l set ${closed}
  where l.failures > 0 and exists (select from held h where h.outcome = 'done' and h.lane = l.name)
)`

// ------------------------------------------------------------ verdicts

const known = 'insert into torg.lane (name) values ($1) on conflict do nothing'

const noteAnswer = `update torg.lane l set ${closed} where l.name = $1 and l.failures > 0`

const noteThrottling = `
update torg.lane set throttled_until = greatest(throttled_until, now() + $2 * interval '1 millisecond'), error = $3::jsonb where name = $1`

const noteFailures = `
with l as (
  select name, failures + (select count(distinct key)::int from unnest($2::text[]) as g (key) where key is distinct from failed_key) as failures,
    coalesce(probe_epoch = any ($3::bigint[]), false) as probed
  from torg.lane where name = $1 for update
)
update torg.lane t set failures = l.failures, failed_key = ($2::text[])[cardinality($2)], error = $5::jsonb,
  opened_at = case when t.opened_at is null and l.failures >= $4 then now() else t.opened_at end,
  probes = t.probes + l.probed::int,
  probe_at = case
    when t.opened_at is null then case when l.failures >= $4 then now() + $6 * interval '1 millisecond' end
    when l.probed then now() + least($7, $6 * 2 ^ least(t.probes + 1, 20)) * interval '1 millisecond'
    else t.probe_at end
from l where t.name = l.name`

interface Judged { lease: Lease, result: WorkOutcome, verdict?: SystemVerdict }

/** The statements that note what ends of runs say of the systems behind their lanes, to be carried out with the settlement; mostly none. */
export function verdictStatements(results: Judged[]): [text: string, values: unknown[]][] {
  const judged = results.flatMap(({ lease, result, verdict }) => verdict ? [{ lease, verdict, error: result.outcome === 'done' ? null : result.error }] : [])
  // In one order of lanes, so that two settlements do not wait for each other.
  const lanes = [...Map.groupBy(judged, ({ lease }) => lease.lane)].toSorted(([a], [b]) => a < b ? -1 : 1)
  return lanes.flatMap(([lane, ends]) => {
    const failed = ends.filter(({ verdict }) => verdict.answered === false)
    const answered = failed.length < ends.length
    const breakAfter = Math.max(0, ...failed.map(({ verdict }) => verdict.breakAfter))
    const throttleMs = Math.max(0, ...ends.map(({ verdict }) => verdict.throttleMs ?? 0))
    const statements: [string, unknown[]][] = []
    if (answered) statements.push([noteAnswer, [lane]])
    else if (breakAfter > 0) statements.push([noteFailures, [lane, failed.map(end => end.lease.key), failed.map(end => end.lease.epoch), breakAfter, errorOf(failed), firstProbeMs, longestProbeMs]])
    if (throttleMs > 0) statements.push([noteThrottling, [lane, Math.round(throttleMs), errorOf(ends.filter(({ verdict }) => verdict.throttleMs))]])
    return statements.length > 0 ? [[known, [lane]], ...statements] : []
  })
}

const errorOf = (ends: { error: StoredError | null }[]): string | null => {
  const error = ends.at(-1)?.error
  return error ? toJson(error) : null
}

// ------------------------------------------------------------ limited claims

const lock = 'select 1 from torg.lane where name = $1 for update'

// The lane's row was locked by the statement before, so nobody else counts or takes at the same time, and what others took is seen.
// A key that is leased runs; so keys are counted where their leases are, and a process that died stops counting with its leases.
// The bucket is kept as the time at which it is full again: every token taken puts that off by the time one takes to drip in.
const leaseLimited = `
with l as (
  select *, case when token_ms = $6 then greatest(full_at, now()) else now() end as full_again from torg.lane where name = $1
), allowed as (
  select least($3::int,
    case
      when paused_at is not null or throttled_until > now() then 0
      when opened_at is null then $3
      when probe_at <= now() and not exists (select from torg.work w where w.lane = $1 and w.key = l.probe_key and w.epoch = l.probe_epoch and w.due_at > now()) then 1
      else 0 end,
    case when $5::int is not null then $5 - (select count(*)::int from torg.work w where w.lane = $1 and w.due_at > now() and w.owner is not null) end,
    floor($7::int - extract(epoch from full_again - now()) * 1000 / $6::float8)::int) as keys
  from l
), due as (
  select w.key from torg.work w where w.lane = $1 and w.due_at <= now() and ${isActive('$8')} order by w.due_at limit (select greatest(keys, 0) from allowed) for update skip locked
), leased as (
  update torg.work w set owner = $2, epoch = nextval('torg.epoch'), due_at = now() + $4 * interval '1 millisecond'
  from due where w.lane = $1 and w.key = due.key
  returning w.key, w.epoch
), taken as (
  select l.full_again + count(leased.key) * $6::float8 * interval '1 millisecond' as full_again, count(leased.key) as keys, min(leased.key) as key, min(leased.epoch) as epoch
  from l left join leased on true group by l.full_again
), noted as (
  update torg.lane t set full_at = taken.full_again, token_ms = $6,
    token_at = case when taken.full_again > now() + ($7 - 1) * $6::float8 * interval '1 millisecond' then taken.full_again - ($7 - 1) * $6::float8 * interval '1 millisecond' end,
    probe_key = case when t.opened_at is not null then taken.key end, probe_epoch = case when t.opened_at is not null then taken.epoch end
  from taken where t.name = $1 and (taken.keys > 0 or t.token_ms is distinct from $6)
)
select key, epoch from leased`

const lookAfter = `
select opened_at is not null as probe, case when token_at > now() then ceil(extract(epoch from token_at - now()) * 1000)::float8 end as "againInMs" from torg.lane where name = $1`

/** Leases of a claim that kept to the limits of its lane. `probe`: the lane is open, and this is the one key tried. `againInMs`: until there is a token again. */
export interface LimitedLeases { leased: { key: string, epoch: string }[], probe: boolean, againInMs: number | null }

/** Leases due keys of a lane as far as its state and `limits` allow, over all processes. One round trip, under a lock of the lane's row. */
export async function leaseUnderLimits(db: Database, want: { lane: LaneName, owner: string, deployment: number, keys: number, leaseMs: number, limits: LaneLimits }): Promise<LimitedLeases> {
  const { lane, owner, deployment, keys, leaseMs, limits: { concurrency, rate } } = want
  const [, , leased, [after]] = await retrying(() => db.together<[never[], never[], LimitedLeases['leased'], Omit<LimitedLeases, 'leased'>[]]>([
    [known, [lane]],
    [lock, [lane]],
    [leaseLimited, [lane, owner, keys, leaseMs, concurrency ?? null, rate?.tokenMs ?? null, rate?.burst ?? null, deployment]],
    [lookAfter, [lane]],
  ]))
  return { leased, probe: after?.probe ?? false, againInMs: after?.againInMs ?? null }
}

// ------------------------------------------------------------ states

const readStates = `
select name as lane, paused_at, paused_by, pause_reason, failures, error, opened_at, probe_at,
  case when throttled_until > now() then throttled_until end as throttled_until, probe_at <= now() as probe_due
from torg.lane order by name`

const pause = `
insert into torg.lane as l (name, paused_at, paused_by, pause_reason) values ($1, now(), $2, $3)
on conflict (name) do update set paused_at = coalesce(l.paused_at, excluded.paused_at), paused_by = excluded.paused_by, pause_reason = excluded.pause_reason`

const resume = `
update torg.lane l set paused_at = null, paused_by = null, pause_reason = null, throttled_until = null, failures = 0, failed_key = null,
  opened_at = null, probe_at = null, probes = 0, probe_key = null, probe_epoch = null, error = null
where name = $1`

const probeSoon = 'update torg.lane set token_at = null, probes = 0, probe_at = case when opened_at is not null then least(probe_at, now()) end where opened_at is not null or token_at is not null'

interface StateRow {
  lane: LaneName, paused_at: Date | null, paused_by: string | null, pause_reason: string | null, failures: number, error: StoredError | null
  opened_at: Date | null, probe_at: Date | null, throttled_until: Date | null, probe_due: boolean | null
}

export interface Lanes {
  laneStates(): Promise<LaneState[]>
  pauseLane(lane: LaneName, by: string, reason: string): Promise<void>
  resumeLane(lane: LaneName): Promise<void>
  probeLanes(): Promise<void>
}

export function createLanes(db: Database): Lanes {
  const ask = <Row extends object = never>(doing: string, text: string, values: unknown[] = []): Promise<Row[]> => insistent(doing, () => db.query<Row>(text, values))
  return {
    laneStates: async () => (await ask<StateRow>('Reading the lanes', readStates)).map(toState),
    pauseLane: async (lane, by, reason) => { await ask(`Pausing ${lane}`, pause, [lane, by, reason]) },
    resumeLane: async lane => { await ask(`Resuming ${lane}`, resume, [lane]) },
    probeLanes: async () => { await ask('Looking after the lanes', probeSoon) },
  }
}

function toState(row: StateRow): LaneState {
  const { lane, paused_at: pausedAt, opened_at: openedAt, throttled_until: throttledUntil, failures, error } = row
  const state = pausedAt ? 'paused' : openedAt ? 'open' : throttledUntil ? 'throttled' : 'working'
  return {
    lane, state, failures, error,
    paused: pausedAt && { at: pausedAt.toISOString(), by: row.paused_by ?? '', reason: row.pause_reason ?? '' },
    open: openedAt && { since: openedAt.toISOString(), nextTryAt: (row.probe_at ?? openedAt).toISOString() },
    throttledUntil: throttledUntil?.toISOString() ?? null,
    probing: state === 'open' && throttledUntil === null && row.probe_due === true,
  }
}
