/** What was parked for a person: listed, opened with its input, made due again. And how much waits in each lane. */
import { TorgError, type StoredError } from '../errors.ts'
import { guarded, isUnreachable, retrying, type Database } from './db.ts'
import { isId } from '../ids.ts'
import { putDeliveriesBack, putMessagesBack } from './put-back.ts'
import { recordColumns, toRecord, type RecordRow } from './rows.ts'
import type { Closing, DeadLetter, DeadLetterSummary, LaneDepth, LaneName, NodeDepth } from './types.ts'

const summaryColumns = 'type, lane, system, key, node, at, attempts, error, item, subscription, kind'

// Newest first; the page goes on behind the time and id of `after`, which stays valid after that one was reopened.
const listDead = (closed: 'null' | 'not null'): string => `
with dead as (
  (select 'message' as type, lane, system, key, source as node, dead_at as at, attempts, error, id as item, '' as subscription, null as kind
    from torg.message
    where state = 'dead' and closed is ${closed} and $2::text is distinct from 'delivery' and ($1::text is null or lane = $1) and ($3::text is null or error->>'code' = $3) and ($8::text is null or source = $8)
      and ($5::timestamptz is null or (dead_at, id, ''::text) < ($5, $6::uuid, $7::text))
    order by dead_at desc, id desc limit $4)
  union all
  (select 'delivery', lane, system, key, subscription, dead_at, attempts, error, record_id, subscription, kind
    from torg.delivery
    where dead and closed is ${closed} and $2::text is distinct from 'message' and ($1::text is null or lane = $1) and ($3::text is null or error->>'code' = $3) and ($8::text is null or subscription = $8)
      and ($5::timestamptz is null or (dead_at, record_id, subscription) < ($5, $6::uuid, $7::text))
    order by dead_at desc, record_id desc, subscription desc limit $4)
)
select ${summaryColumns}, (select r.number from torg.any_record r where r.id = dead.item) as number from dead order by at desc, item desc, subscription desc limit $4`

const findMessage = `
select 'message' as type, lane, system, key, source as node, dead_at as at, attempts, error, id as item, '' as subscription, null as kind, null as number, content_type, headers, body, closed
from torg.message where id = $1 and state = 'dead'`

const findDelivery = `
select 'delivery' as type, d.lane, d.system, d.key, d.subscription as node, d.dead_at as at, d.attempts, d.error, d.record_id as item, d.subscription, d.closed, ${recordColumns}
from torg.delivery d join torg.any_record r on r.id = d.record_id where d.subscription = $1 and d.record_id = $2 and d.dead`

// A closed one stays dead, so that nothing takes it, and is listed only where it is asked for.
const closing = `closed = jsonb_build_object('by', $1::text, 'note', $2::text, 'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))`
const closeMessage = `update torg.message set ${closing} where id = $3 and state = 'dead' and closed is null returning closed`
const closeDelivery = `update torg.delivery set ${closing} where record_id = $3 and subscription = $4 and dead and closed is null returning closed`

const countLanes = `
with waiting as (
  select lane, source as node, count(*)::int as pending, (count(*) filter (where due_at <= now()))::int as due, 0 as dead, min(received_at) as oldest, 0 as held
  from torg.message where state = 'pending' group by lane, source
  union all
  select lane, subscription, count(*)::int, (count(*) filter (where due_at <= now()))::int, 0, min(wanted_at), 0
  from torg.delivery where desired > acked and not dead and not held group by lane, subscription
  union all
  select lane, source, 0, 0, count(*)::int, null, 0 from torg.message where state = 'dead' and closed is null group by lane, source
  union all
  select lane, subscription, 0, 0, count(*)::int, null, 0 from torg.delivery where dead and closed is null group by lane, subscription
  union all
  select lane, subscription, 0, 0, 0, null, count(*)::int from torg.delivery where held and desired > acked and not dead group by lane, subscription
  union all
  -- What imports raised and is no delivery yet.
  select lane, subscription, sum(greatest(total - looked, 1))::int, 0, 0, min(at), 0 from torg.raise group by lane, subscription
)
select lane, node, sum(pending)::int as pending, sum(due)::int as due, sum(held)::int as held, sum(dead)::int as dead,
  greatest(0, coalesce(extract(epoch from now() - min(oldest)) * 1000, 0))::float8 as "oldestMs"
from waiting group by lane, node order by lane, node`

interface SummaryRow {
  type: 'message' | 'delivery', lane: LaneName, system: string, key: string, node: string, at: Date, attempts: number, error: StoredError, item: string, subscription: string, kind: string | null, number: string | null
}

export interface DeadLetters {
  deadLetters(filter: { lane?: LaneName, node?: string, type?: 'message' | 'delivery', code?: string, closed?: boolean, limit: number, after?: string }): Promise<DeadLetterSummary[]>
  deadLetter(id: string): Promise<DeadLetter | null>
  reopen(id: string): Promise<LaneName | null>
  closeDeadLetter(id: string, closing: Pick<Closing, 'by' | 'note'>): Promise<Closing | null>
  depths(): Promise<LaneDepth[]>
}

export function createDeadLetters(db: Database): DeadLetters {
  return {
    deadLetters: ({ lane, node, type, code, closed = false, limit, after }) => guarded('Listing dead letters', async () => {
      const behind = after === undefined ? null : await position(db, after)
      const rows = await db.query<SummaryRow>(listDead(closed ? 'not null' : 'null'), [lane ?? null, type ?? null, code ?? null, limit, behind?.at ?? null, behind?.item ?? null, behind?.subscription ?? null, node ?? null])
      return rows.map(toSummary)
    }),
    deadLetter: id => guarded('Reading a dead letter', async () => {
      const parsed = parseId(id)
      if (parsed?.type === 'message') {
        const [row] = await db.query<SummaryRow & { content_type: string, headers: Record<string, string>, body: Buffer, closed: Closing | null }>(findMessage, [parsed.item])
        return row ? { ...toSummary(row), closed: row.closed, input: { contentType: row.content_type, headers: row.headers, body: row.body.toString('utf8') } } : null
      }
      if (parsed?.type === 'delivery') {
        const [row] = await db.query<SummaryRow & RecordRow & { closed: Closing | null }>(findDelivery, [parsed.subscription, parsed.item])
        return row ? { ...toSummary(row), closed: row.closed, input: toRecord(row) } : null
      }
      return null
    }),
    reopen: id => guarded('Reopening a dead letter', async () => {
      const parsed = parseId(id)
      if (!parsed) return null
      const [lane] = await retrying(() => db.transaction(tx => parsed.type === 'message'
        ? putMessagesBack(tx, [parsed.item], 'dead')
        : putDeliveriesBack(tx, [{ subscription: parsed.subscription, recordId: parsed.item }], 'dead')))
      return lane ?? null
    }),
    closeDeadLetter: (id, { by, note }) => guarded('Closing a dead letter', async () => {
      const parsed = parseId(id)
      const [row] = parsed === null ? [] : parsed.type === 'message'
        ? await db.query<{ closed: Closing }>(closeMessage, [by, note, parsed.item])
        : await db.query<{ closed: Closing }>(closeDelivery, [by, note, parsed.item, parsed.subscription])
      return row?.closed ?? null
    }),
    depths: () => guarded('Counting the lanes', () => retrying(() => db.transaction(async tx => {
      // The one statement that may read a whole table: with most rows pending that is three times faster than the index.
      await tx.script('set local enable_seqscan = on; set local enable_bitmapscan = on')
      return toLanes(await tx.query<NodeDepth & { lane: LaneName }>(countLanes))
    }), isUnreachable)),
  }
}

/** Sums of the nodes of each lane, with them. */
function toLanes(rows: readonly (NodeDepth & { lane: LaneName })[]): LaneDepth[] {
  return [...Map.groupBy(rows, ({ lane }) => lane)].map(([lane, nodes]) => {
    const sum = (field: 'pending' | 'due' | 'held' | 'dead'): number => nodes.reduce((all, node) => all + node[field], 0)
    return {
      lane, pending: sum('pending'), due: sum('due'), held: sum('held'), dead: sum('dead'), oldestMs: Math.max(...nodes.map(({ oldestMs }) => oldestMs)),
      nodes: nodes.map(({ node, pending, due, held, dead, oldestMs }) => ({ node, pending, due, held, dead, oldestMs })),
    }
  })
}

type ParsedId = { type: 'message', item: string, subscription: '' } | { type: 'delivery', item: string, subscription: string }

function parseId(id: string): ParsedId | null {
  const item = id.slice(-36)
  if (!isId(item)) return null
  if (id === `m-${item}`) return { type: 'message', item, subscription: '' }
  const subscription = /^d-(.+)-$/s.exec(id.slice(0, -36))?.[1]
  return subscription === undefined ? null : { type: 'delivery', item, subscription }
}

/** The time as text: a Date has no microseconds, and what died in the same millisecond would be passed over. */
async function position(db: Database, id: string): Promise<{ at: string, item: string, subscription: string }> {
  const parsed = parseId(id)
  const [row] = parsed === null ? [] : parsed.type === 'message'
    ? await db.query<{ at: string | null }>('select dead_at::text as at from torg.message where id = $1', [parsed.item])
    : await db.query<{ at: string | null }>('select dead_at::text as at from torg.delivery where subscription = $1 and record_id = $2', [parsed.subscription, parsed.item])
  if (!parsed || !row?.at) throw new TorgError('request.invalid', { detail: `The page cannot start after ${id}: no such dead letter.`, pointer: '/after', value: id })
  return { at: row.at, item: parsed.item, subscription: parsed.subscription }
}

function toSummary(row: SummaryRow): DeadLetterSummary {
  const { type, lane, system, key, node, at, attempts, error, kind, number } = row
  return { id: type === 'message' ? `m-${row.item}` : `d-${row.subscription}-${row.item}`, type, lane, system, key, node, at: at.toISOString(), attempts, error, record: kind === null ? null : { kind, number } }
}
