/** `hub save` of orders by many at once, beside a multi-row upsert of the same documents. */
import pg from 'pg'
import { pino } from 'pino'
import { kinds } from '../../../runtime/model/index.ts'
import { openStore } from '../../../runtime/store/index.ts'
import type { EntityWrite } from '../../../runtime/store/types.ts'
import { orderWrite } from './data.ts'

/** Calls at once, as of a lane that works at full speed. */
const callers = 128
/** Rows of one plain upsert: as many as the hub puts into a transaction at most. */
const rowsAtOnce = 200
const rounds = 5

export interface SaveFigures { orders: number, savedPerSecond: number, upsertedPerSecond: number, ratio: number }

export async function measureSaves({ databaseUrl, orders, say }: { databaseUrl: string, orders: number, say: (text: string) => void }): Promise<SaveFigures> {
  const store = await openStore({ databaseUrl, log: pino({ level: 'warn' }) })
  const client = new pg.Client({ connectionString: databaseUrl })
  try {
    await store.configure({ subscriptions: [], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    await client.connect()
    await client.query('create table plain (id text primary key, document jsonb not null, updated_at timestamptz not null)')
    const [saved, upserted]: [number[], number[]] = [[], []]
    for (let round = 0; round <= rounds; round += 1) {
      const from = round * orders
      const plain = plainRows(from, orders)
      const upsertedIn = await timed(() => upsert(client, plain))
      const savedIn = await timed(() => save(store, from, orders))
      // The first round warms up.
      if (round === 0) continue
      saved.push(orders / savedIn)
      upserted.push(orders / upsertedIn)
      say(`Round ${round}: ${Math.round(orders / savedIn)} saved per second, ${Math.round(orders / upsertedIn)} upserted`)
    }
    const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
    return { orders, savedPerSecond: Math.round(median(saved)), upsertedPerSecond: Math.round(median(upserted)), ratio: Number((median(saved) / median(upserted)).toFixed(2)) }
  } finally {
    await client.end()
    await store.close()
  }
}

/** Checks and saves, each order in a call of its own. */
async function save(store: Awaited<ReturnType<typeof openStore>>, from: number, count: number): Promise<void> {
  let next = from
  await Promise.all(Array.from({ length: callers }, async () => {
    for (let n = next++; n < from + count; n = next++) await store.save([orderWrite(n, new Date().toISOString())])
  }))
}

type Row = Pick<EntityWrite, 'document'> & { id: string }

function plainRows(from: number, count: number): Row[][] {
  const rows = Array.from({ length: count }, (_, index) => ({ id: `B-${from + index}`, document: orderWrite(from + index, '').document }))
  return Array.from({ length: Math.ceil(count / rowsAtOnce) }, (_, part) => rows.slice(part * rowsAtOnce, (part + 1) * rowsAtOnce))
}

async function upsert(client: pg.Client, parts: readonly Row[][]): Promise<void> {
  for (const rows of parts) {
    await client.query({
      name: 'upsert',
      text: `insert into plain (id, document, updated_at) select id, document, now() from json_to_recordset($1::json) as g (id text, document jsonb)
        on conflict (id) do update set document = excluded.document, updated_at = excluded.updated_at`,
      values: [JSON.stringify(rows)],
    })
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
