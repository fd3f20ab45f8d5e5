/**
 * Counting what there is, for the proof of completeness: messages with what came of them, records with their deliveries. Reads only, a
 * slice of ids at a time (ids rise with time), so that no statement is long and nothing but sums and exceptions leaves the database.
 */
import { insistent, type Database, type Transaction } from './db.ts'
import type { Census, CensusPeriod, CensusSlice, DeliveryCount, ListedMatch, MessageCount, NamedMessage, NamedRecord, OpenRecord } from './census-types.ts'
import { othersOf } from './needs.ts'
import type { Rules } from './save-plan.ts'

/** Rows of one slice. */
const sliceSize = 5_000
/** Documents read at once where a filter has to be asked. */
const pageSize = 500
/** Hub and database may differ in time by so much: ids carry the hub's, `received_at` the database's. */
const clockSlackMs = 3_600_000
const reading = "set transaction isolation level repeatable read, read only; set local statement_timeout = '20s'"

const messageStates = `
with slice as (
  select m.id, m.system, m.source, m.topic, m.key, m.received_at, m.error->>'code' as code, to_char(m.received_at at time zone $5, 'YYYY-MM-DD') as day,
    case
      when m.state = 'dead' then case when m.closed is null then 'dead' else 'closed' end
      when m.state = 'pending' then case when m.attempts = 0 then 'waiting' else 'back-off' end
      when exists (select from unnest(m.records) as g (id) where not exists (select from torg.any_record r where r.id = g.id)) then 'record-gone'
      when coalesce(m.result, 'none') <> 'none' then m.result
      when m.source = any ($7::text[]) then 'nothing-to-save'
      else 'nothing-saved'
    end as state
  from torg.message m
  where m.id >= $1 and m.id < $2 and m.received_at >= $3 and m.received_at < $4 and ($6::text is null or m.system = $6)
)`

const countMessages = `${messageStates}
select system, day, state, case when state in ('dead', 'closed', 'back-off') then code end as code, count(*)::int as count, min(received_at) as since
from slice group by 1, 2, 3, 4`

const nameMessages = `${messageStates}
select id, system, source, topic, key, day, state from slice where state in ('record-gone', 'nothing-saved') order by id limit $8`

// The channel is the system that said the oldest of what the record says.
const recordSlice = `
slice as materialized (
  select r.id, r.kind, r.number, r.version, r.updated_at, r.deleted_at, to_char(r.created_at at time zone $5, 'YYYY-MM-DD') as day, c.channel, r.acked,
    case when a.amount ~ '^-?[0-9]+([.][0-9]+)?$' then a.amount::numeric end as amount, a.currency
  from torg.any_record r
  left join unnest($7::text[], $8::text[]) as k (kind, path) on k.kind = r.kind
  cross join lateral (select case when k.path is not null then r.document #>> (k.path::text[] || '{amount}') end as amount, case when k.path is not null then r.document #>> (k.path::text[] || '{currency}') end as currency) a
  cross join lateral (select coalesce(r.author, (select p.value->>'system' from jsonb_array_elements(r.origins) p order by p.value->>'at', p.value->'fields'->>0 limit 1), '') as channel) c
  where r.id >= $1 and r.id < $2 and r.created_at >= $3 and r.created_at < $4 and r.version > 0 and ($6::text is null or r.kind = $6)
)`

const wanted = `
wanted as (select * from unnest($9::text[], $10::text[], $11::text[], $12::timestamptz[]) as w (subscription, kind, system, since))`

const pairOf = `
  select s.*, d.subscription, d.system as target, case when d.dead or d.attempts > 0 then d.error->>'code' end as code, d.wanted_at,
    case
      when d.dead then case when d.closed is null then 'dead' else 'closed' end
      when d.held then 'held'
      when d.desired > d.acked then case when d.attempts = 0 then 'waiting' else 'back-off' end
      when d.operation = 'remove' then 'removed'
      when s.version > d.desired then 'behind'
      when d.acked_at is null then 'adopted'
      else 'delivered'
    end as state
  from slice s`

// `unraised` and `behind` are looked at one by one, by the subscription's filter.
const pairs = `
pairs as (
  ${pairOf} join torg.delivery d on d.record_id = s.id
  union all
  ${pairOf} cross join lateral torg.acknowledged(s.id, s.kind, s.acked) d where s.acked is not null
  union all
  select s.*, w.subscription, w.system, null, null, case when s.updated_at < w.since then 'older' else 'unraised' end
  from slice s join wanted w on w.kind = s.kind
  where not coalesce(s.acked ? w.subscription, false) and not exists (select from torg.delivery d where d.subscription = w.subscription and d.record_id = s.id)
)`

// Of what was acknowledged long ago nothing is kept but that it was: it has no time at which it was wanted.
const countRecords = `
with ${recordSlice}, ${wanted}, ${pairs}
select channel, kind, day, null as subscription, null as target, 'saved' as state, null as code, currency, count(*)::int as count, sum(amount)::text as amount, null::timestamptz as since
from slice group by 1, 2, 3, currency
union all
select channel, kind, day, subscription, target, state, code, currency, count(*)::int, sum(amount)::text, min(wanted_at) filter (where isfinite(wanted_at))
from pairs group by 1, 2, 3, 4, 5, 6, 7, 8`

// An import raised it, and its turn to become a delivery has not come. The system that made the record is that of the import.
const isRaising = `exists (
    select from torg.raise w where w.subscription = p.subscription and p.id >= w.first_id and p.id <= w.last_id and (w.cursor is null or p.id > w.cursor)
      and exists (select from torg.any_record r where r.id = p.id and r.own_system = w.system))`

// Without their documents: joined to them, an order by id would have the planner walk all records instead of the slice.
const openRecords = `
with ${recordSlice}, ${wanted}, ${pairs}
select id, number, kind, channel, day, amount::text, currency, subscription, target, state, deleted_at is not null as deleted, state = 'unraised' and ${isRaising} as raising, (select exists (select from torg.look)) as looking
from pairs p where state in ('unraised', 'behind')`

const documentsOf = 'select id, document, provenance as origins from torg.any_record where id = any ($1::uuid[])'

// What a system must hold: acknowledged, newest, not removed.
const isHeld = `exists (
    select from torg.deliveries_of(r.id) d where d.system = $1 and d.operation = 'upsert' and d.acked >= d.desired and d.acked_at is not null and not d.dead)`

const heldBy = `
select r.id, ${isHeld} as held from torg.any_record r
where r.id >= $3 and r.id < $4 and r.created_at >= $5 and r.created_at < $6 and r.version > 0 and r.kind = $2 order by r.id`

// A second look at those the listing did not have: in the meantime they may have been taken away, or be on their way again.
const stillHeld = `select r.id, r.kind, r.number from torg.any_record r where r.id = any ($2::uuid[]) and ${isHeld} order by r.id`

// The system's own id first, then the hub's, then the number that people use.
const matchListed = `
select g.ord::int as ord, r.id, r.number, r.created_at >= $5 and r.created_at < $6 as inside, r.document #>> ($7::text[] || '{amount}') as amount, r.document #>> ($7::text[] || '{currency}') as currency,
  coalesce(d.open, false) as open, coalesce(d.removed, false) as removed,
  exists (select from torg.message m where m.lane = $1::text || '.in' and m.key = g.id and m.state = 'pending') as arriving
from unnest($3::text[], $4::text[]) with ordinality as g (id, number, ord)
cross join lateral (
  select id from (
    select f.record_id as id, 1 as rank, null::timestamptz as at from torg.any_reference f where f.system = $1 and f.kind = $2 and f.external_id = g.id
    union all
    select h.id, 2, null from torg.any_record h where h.id = case when g.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then g.id::uuid end and h.kind = $2
    union all
    select n.id, 3, n.updated_at from torg.any_record n where n.kind = $2 and n.number = any (array[g.number, g.id])
  ) found order by rank, at desc limit 1
) found
join torg.any_record r on r.id = found.id and r.version > 0
left join lateral (
  select bool_or(d.desired > d.acked or d.dead) as open, bool_and(d.operation = 'remove' and d.acked >= d.desired) as removed from torg.deliveries_of(r.id) d where d.system = $1
) d on true`

const traceKeys = `
select distinct on (m.key) m.key, case when m.state = 'done' then coalesce(m.result, 'none') else m.state end as state
from torg.message m
where m.id >= $1 and m.system = $2 and m.key = any ($3::text[])
order by m.key, m.id desc`

const deployedNodes = `
select d.at, coalesce((select json_agg(n.value) from json_array_elements(d.flows) as n (value) where n.value->>'id' = any ($1::text[])), '[]') as nodes
from torg.deployment d
where d.id >= coalesce((select max(e.id) from torg.deployment e where e.at <= $2), 0)
order by d.id desc`

export function createCensus(db: Database, rules: () => Rules): Census {
  /** One read-only snapshot. */
  const read = <Result>(doing: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> => insistent(doing, () => db.transaction(async tx => {
    await tx.script(reading)
    return work(tx)
  }))

  /** Ranges of ids with so many rows each; the last one ends with the period. */
  async function* slices(table: 'message' | 'record', { from, to }: CensusPeriod): AsyncGenerator<[first: string, end: string]> {
    const last = firstIdOf(Date.parse(to) + clockSlackMs)
    let first = firstIdOf(Date.parse(from) - clockSlackMs)
    for (;;) {
      const [next] = await read('Counting', tx => tx.query<{ id: string }>(sliceEnds[table], [first, last, sliceSize]))
      const end = next?.id ?? last
      yield [first, end]
      if (!next) return
      first = end
    }
  }

  return {
    async *messages(period, { system = null, saveNothing, names }) {
      let left = names
      for await (const [first, end] of slices('message', period)) {
        const values = [first, end, period.from, period.to, period.zone, system, saveNothing]
        yield await read('Counting messages', async (tx): Promise<CensusSlice<MessageCount, NamedMessage>> => {
          const rows = await tx.query<Omit<MessageCount, 'since'> & { since: Date }>(countMessages, values)
          const suspicious = rows.some(({ state }) => state === 'record-gone' || state === 'nothing-saved')
          const named = suspicious && left > 0 ? await tx.query<NamedMessage>(nameMessages, [...values, left]) : []
          left -= named.length
          return { counts: rows.map(row => ({ ...row, since: row.since.toISOString() })), open: named }
        })
      }
    },

    async *records(period, { kind = null, amounts, wanted }) {
      const kinds = Object.entries(amounts)
      for await (const [first, end] of slices('record', period)) {
        const values = [
          first, end, period.from, period.to, period.zone, kind, kinds.map(([name]) => name), kinds.map(([, path]) => toArrayText(path)),
          wanted.map(w => w.subscription), wanted.map(w => w.kind), wanted.map(w => w.system), wanted.map(w => w.since),
        ]
        const counts = await read('Counting records', tx => tx.query<Omit<DeliveryCount, 'since'> & { since: Date | null }>(countRecords, values))
        yield { counts: counts.map(row => ({ ...row, since: row.since?.toISOString() ?? null })), open: [] }
        if (!counts.some(({ state }) => state === 'unraised' || state === 'behind')) continue
        const open = await read('Reading records', tx => tx.query<Omit<OpenRecord, 'document' | 'origins'>>(openRecords, values))
        for (let at = 0; at < open.length; at += pageSize) {
          const page = open.slice(at, at + pageSize)
          const rows = await read('Reading records', tx => tx.query<Pick<OpenRecord, 'id' | 'document' | 'origins'>>(documentsOf, [[...new Set(page.map(({ id }) => id))]]))
          const byId = new Map(rows.map(row => [row.id, row]))
          yield {
            counts: [],
            open: page.flatMap((pair): OpenRecord[] => {
              const row = byId.get(pair.id)
              return row ? [{ ...pair, ...row }] : []
            }),
          }
        }
      }
    },

    others: (needs, records) => read('Reading records', tx => othersOf(tx, needs, records, rules().kinds)),

    async *held(period, { system, kind }) {
      for await (const [first, end] of slices('record', period)) {
        yield await read('Reading deliveries', tx => tx.query<{ id: string, held: boolean }>(heldBy, [system, kind, first, end, period.from, period.to]))
      }
    },
    stillHeld: (ids, system) => read('Reading deliveries', tx => tx.query<NamedRecord>(stillHeld, [system, ids])),
    match: (items, { system, kind, period, amount }) => read('Comparing a listing', async tx => {
      const rows = await tx.query<ListedMatch & { ord: number }>(matchListed, [
        system, kind, items.map(({ id }) => id), items.map(({ number }) => number ?? null), period.from, period.to, toArrayText(amount ?? ['']),
      ])
      const byPlace = new Map(rows.map(row => [row.ord - 1, row]))
      return items.map((_, index) => byPlace.get(index) ?? null)
    }),
    traces: (keys, { system, from }) => read('Looking for messages', async tx => {
      const rows = await tx.query<{ key: string, state: string }>(traceKeys, [firstIdOf(Date.parse(from) - clockSlackMs), system, keys])
      return new Map(rows.map(row => [row.key, row.state]))
    }),
    deployedNodes: (ids, from) => read('Reading deployments', async tx => {
      const rows = await tx.query<{ at: Date, nodes: Record<string, unknown>[] }>(deployedNodes, [ids, from])
      return rows.map(({ at, nodes }) => ({ at: at.toISOString(), nodes }))
    }),
  }
}

const sliceEnds = {
  message: 'select id from torg.message where id >= $1 and id < $2 order by id offset $3 limit 1',
  record: 'select id from torg.any_record where id >= $1 and id < $2 order by id offset $3 limit 1',
}

/** The least id of a millisecond. */
function firstIdOf(ms: number): string {
  const hex = Math.max(0, Math.min(ms, 0xffff_ffff_ffff)).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

const toArrayText = (path: readonly string[]): string => `{${path.map(part => JSON.stringify(part)).join(',')}}`
