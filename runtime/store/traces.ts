/** Where something is that a person asks for: found over indexes that are there for the work, none is kept for asking. */
import { guarded, type Database, type Transaction } from './db.ts'
import { isId } from '../ids.ts'
import { deliveredColumns, toDelivered, type DeliveredRow } from './rows.ts'
import type { MessageContent, TracedDelivery, TracedMessage, TracedRun, TraceStore } from './trace-types.ts'

/** So many dead letters are looked into at most. */
const mostLookedInto = 10_000
/** Nobody waits longer for an answer. */
const reading = "set transaction read only; set local statement_timeout = '10s'"
/** Runs stand by the time in their ids: so long before and after a moment they are looked for. */
const runsBefore = 60_000
const runsAfter = 300_000

const messageColumns = `m.id, m.lane, m.system, m.source, m.topic, m.key, m.received_at as "receivedAt", m.source_time as "sourceTime", m.state, m.attempts, m.settled_at as "settledAt", m.error, m.closed`

// References by each system and kind there is, which are few: the text alone has no index.
const searchRecords = `
with recursive pairs as (
  (select system, kind from torg.reference order by system, kind limit 1)
  union all
  select n.system, n.kind from pairs p cross join lateral (select f.system, f.kind from torg.reference f where (f.system, f.kind) > (p.system, p.kind) order by f.system, f.kind limit 1) n
), kinds as (
  (select kind from torg.record order by kind limit 1)
  union all
  select n.kind from kinds k cross join lateral (select r.kind from torg.record r where r.kind > k.kind order by r.kind limit 1) n
), found as (
  select f.record_id as id from pairs p join torg.reference f on f.system = p.system and f.kind = p.kind and f.external_id = $1 where $2::text is null or p.system = $2
  union
  select r.id from kinds k join torg.record r on r.kind = k.kind and r.number = $1 where $2 is null
  union
  select $3::uuid where $3 is not null
)
select ${deliveredColumns} from (select distinct torg.surviving(id) as id from found) f join torg.any_record r on r.id = f.id
where r.version > 0 order by r.deleted_at is not null, r.updated_at desc, r.id limit $4`

const searchMessages = `
select * from (
  (select ${messageColumns} from torg.message m where m.state = 'pending' and m.lane = any ($2::text[]) and m.key = $1 order by m.id desc limit $4)
  union all
  (select ${messageColumns} from (select * from torg.message m where m.state = 'dead' and m.closed is null order by m.dead_at desc, m.id desc limit $5) m
   where m.key = $1 or position($3::bytea in m.body) > 0 limit $4)
) found order by id desc limit $4`

// Those that set something, and those of the same keys that wait for somebody or something.
const messagesOf = `
with named as (select m.* from unnest($1::uuid[]) as g (id) join torg.message m on m.id = g.id),
keys as (select distinct lane, key from named)
select ${messageColumns} from named m
union
select ${messageColumns} from keys k join torg.message m on m.lane = k.lane and m.key = k.key and m.state = 'pending'
union
select ${messageColumns} from (select * from torg.message m where m.state = 'dead' and m.closed is null order by m.dead_at desc, m.id desc limit $2) m join keys k on k.lane = m.lane and k.key = m.key`

const deliveriesOf = `
select d.subscription, d.system, d.lane,
  case when d.dead then case when d.closed is null then 'dead' else 'closed' end when d.held and d.desired > d.acked then 'held' when d.desired > d.acked then 'waiting' when d.operation = 'remove' then 'removed' else 'delivered' end as state,
  d.operation, d.reason, d.desired as version, case when d.acked_at is null then 0 else d.acked end as acknowledged, d.generation, d.attempts,
  case when isfinite(d.wanted_at) then d.wanted_at end as "wantedAt", d.acked_at as "ackedAt", case when d.dead then d.dead_at end as "deadAt",
  case when d.desired > d.acked and not d.dead and not d.held then d.due_at end as "dueAt", d.message_id as "messageId",
  case when d.dead or (d.desired > d.acked and d.attempts > 0) then d.error end as error
from torg.deliveries_of($1) d order by d.system, d.subscription`

const runsOf = `
select r.id, r.node, r.message_id as "messageId", r.subscription, r.version, r.started_at as "startedAt", r.ended_at as "endedAt", r.outcome, r.error
from unnest($1::timestamptz[], $2::timestamptz[]) as w (first, last) join torg.run r on r.id >= torg.first_id(w.first) and r.id < torg.first_id(w.last)
where r.message_id = any ($3::uuid[]) or r.record_id = $4 order by r.id desc limit $5`

const oneMessage = `select ${messageColumns}, m.content_type as "contentType", m.headers, m.body from torg.message m where m.id = $1`

type Dated<Row, Names extends keyof Row> = Omit<Row, Names> & { [Name in Names]: Row[Name] extends string ? Date : Date | null }
type MessageRow = Dated<TracedMessage, 'receivedAt' | 'sourceTime' | 'settledAt'>
type DeliveryRow = Dated<TracedDelivery, 'wantedAt' | 'ackedAt' | 'deadAt' | 'dueAt'>
type RunRow = Dated<TracedRun, 'startedAt' | 'endedAt'>

const iso = (date: Date | null): string | null => date?.toISOString() ?? null
const toMessage = <Row extends MessageRow>(row: Row) => ({ ...row, receivedAt: row.receivedAt.toISOString(), sourceTime: iso(row.sourceTime), settledAt: iso(row.settledAt) })
const toDelivery = (row: DeliveryRow): TracedDelivery => ({ ...row, wantedAt: iso(row.wantedAt), ackedAt: iso(row.ackedAt), deadAt: iso(row.deadAt), dueAt: iso(row.dueAt) })
const toRun = (row: RunRow): TracedRun => ({ ...row, startedAt: row.startedAt.toISOString(), endedAt: row.endedAt.toISOString() })

export function createTraces(db: Database): TraceStore {
  const read = <Result>(doing: string, work: (tx: Transaction) => Promise<Result>): Promise<Result> => guarded(doing, () => db.transaction(async tx => {
    await tx.script(reading)
    return work(tx)
  }))

  return {
    searchRecords: ({ text, system, limit }) => read('Looking for records', async tx =>
      (await tx.query<DeliveredRow>(searchRecords, [text, system ?? null, system === undefined && isId(text) ? text : null, limit])).map(toDelivered)),
    searchMessages: ({ text, lanes, limit }) => read('Looking for messages', async tx =>
      (await tx.query<MessageRow>(searchMessages, [text, lanes, Buffer.from(text), limit, mostLookedInto])).map(toMessage)),
    trace: ({ record, messages: named, moments, runs: most }) => read('Following a record', async tx => {
      const deliveries = (await tx.query<DeliveryRow>(deliveriesOf, [record])).map(toDelivery)
      const ids = new Set([...named, ...deliveries.flatMap(({ messageId }) => messageId ?? [])].filter(isId))
      const messages = (await tx.query<MessageRow>(messagesOf, [[...ids], mostLookedInto])).map(toMessage)
      const around = [
        ...moments, ...messages.flatMap(({ receivedAt, settledAt }) => [receivedAt, settledAt ?? []].flat()),
        ...deliveries.flatMap(({ wantedAt, ackedAt, deadAt }) => [wantedAt ?? [], ackedAt ?? [], deadAt ?? []].flat()),
      ]
      const windows = toWindows(around.map(Date.parse))
      const rows = await tx.query<RunRow>(runsOf, [windows.map(([first]) => first), windows.map(([, last]) => last), messages.map(({ id }) => id), record, most])
      return { messages: messages.toSorted((one, other) => one.id < other.id ? -1 : 1), deliveries, runs: rows.map(toRun).toReversed() }
    }),
    message: id => read('Reading a message', async tx => {
      if (!isId(id)) return null
      const [row] = await tx.query<MessageRow & Pick<MessageContent, 'contentType' | 'headers' | 'body'>>(oneMessage, [id])
      return row ? toMessage(row) : null
    }),
  }
}

/** The time around each moment, overlapping ones as one. */
function toWindows(moments: readonly number[]): [first: string, last: string][] {
  const windows: [number, number][] = []
  for (const moment of moments.toSorted((one, other) => one - other)) {
    const last = windows.at(-1)
    if (last && moment - runsBefore <= last[1]) last[1] = moment + runsAfter
    else windows.push([moment - runsBefore, moment + runsAfter])
  }
  return windows.map(([first, last]) => [new Date(first).toISOString(), new Date(last).toISOString()])
}
