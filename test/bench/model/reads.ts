/** Each read of the hub API beside the bare SQL that finds the same, one after the other, each of them first in its turn: who comes later finds the rows in memory. */
import { Agent, request } from 'node:http'
import type pg from 'pg'
import type { HubProcess } from '../../faults/hub-process.ts'
import { percentile } from '../measure.ts'
import { skuOf, variantsFor } from './data.ts'
import type { Stored } from './seed.ts'

interface Read {
  path: string
  body?: object
  /** What finds the same; several are sent at once, on a connection each. */
  sql: { text: string, values: unknown[] }[]
}

/** `sql` is bare SQL as `client.query(text, values)` sends it; `prepared` the same with a name, so that the server plans it once. */
export interface ReadFigures { p50Ms: number, p95Ms: number, sqlP50Ms: number, sqlP95Ms: number, ratio: number, preparedP95Ms: number, preparedRatio: number }

const columns = `r.id, r.version, r.number, r.document, r.created_at, r.updated_at,
  (select json_agg(json_build_object('system', f.system, 'kind', f.kind, 'id', f.external_id)) from torg.reference f where f.record_id = r.id) as refs`
const one = (id: string) => ({ text: `select ${columns} from torg.record r where r.id = $1`, values: [id] })
const linked = (kind: string, pointer: string, id: string) =>
  ({ text: `select ${columns} from torg.record r where r.kind = '${kind}' and r.document #>> '{${pointer}}' = $1 and r.version > 0 and r.deleted_at is null order by r.updated_at desc, r.id desc limit 51`, values: [id] })

/** The kinds of reads; `n` picks which record. */
function readsOf({ customers, orders }: Stored, prices: number): Record<string, (n: number) => Read> {
  const at = (ids: readonly string[], n: number): string => ids[n * 7919 % ids.length] ?? ''
  const variants = variantsFor(prices)
  const skus = (n: number): string[] => Array.from({ length: 50 }, (_, index) => skuOf((n * 7919 + index * 104_729) % variants))
  const number = (n: number): string => `B-${n * 7919 % orders.length}`
  return {
    'customer by id': n => ({ path: `/customers/${at(customers, n)}`, sql: [one(at(customers, n))] }),
    'order by id': n => ({ path: `/orders/${at(orders, n)}`, sql: [one(at(orders, n))] }),
    'order by number': n => ({ path: `/orders?number=${number(n)}`, sql: [{ text: `select ${columns} from torg.record r where r.kind = 'order' and r.number = $1`, values: [number(n)] }] }),
    'order by reference': n => ({
      path: `/orders?ref=webshop/order/${number(n)}`,
      sql: [{ text: `select ${columns} from torg.reference g join torg.record r on r.id = g.record_id where g.system = 'webshop' and g.kind = 'order' and g.external_id = $1`, values: [number(n)] }],
    }),
    'orders of a customer': n => ({ path: `/orders?customer=${at(customers, n)}&sort=-updatedAt`, sql: [linked('order', 'buyer,customer,id', at(customers, n))] }),
    'customer with orders and receipts': n => ({
      path: `/customers/${at(customers, n)}?include=orders,receipts`,
      sql: [one(at(customers, n)), linked('order', 'buyer,customer,id', at(customers, n)), linked('receipt', 'customer,id', at(customers, n))],
    }),
    'page of 50 orders': n => ({
      path: `/orders?limit=50&updatedSince=${encodeURIComponent(new Date(Date.now() - 3_600_000 - n * 1000).toISOString())}`,
      sql: [{ text: `select ${columns} from torg.record r where r.kind = 'order' and r.version > 0 and r.deleted_at is null and r.updated_at >= $1 order by r.updated_at, r.id limit 51`, values: [new Date(Date.now() - 3_600_000 - n * 1000)] }],
    }),
    'variant by sku': n => ({ path: `/variants?sku=${skus(n)[0]}`, sql: [{ text: `select ${columns} from torg.record r where r.kind = 'variant' and r.document ->> 'sku' = $1`, values: [skus(n)[0]] }] }),
    '50 skus priced': n => ({
      path: '/prices/lookup', body: { skus: skus(n), currency: 'NOK', channel: 'webshop-no', customerGroups: ['club'] },
      sql: [{
        text: `select v.document ->> 'sku' as sku, p.id, p.version, torg.document(p) as document, p.system, p.external_id, p.created_at, p.updated_at from torg.record v join torg.price p on p.variant_id = v.id
          where v.kind = 'variant' and v.document ->> 'sku' = any ($1) and (p.channel is null or p.channel = $2) and p.store is null and p.customer_id is null and p.deleted_at is null`,
        values: [skus(n), 'webshop-no'],
      }],
    }),
  }
}

export async function measureReads({ hub, clients, stored, prices, times, say }: { hub: HubProcess, clients: readonly pg.Client[], stored: Stored, prices: number, times: number, say: (text: string) => void }): Promise<Record<string, ReadFigures>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const figures: Record<string, ReadFigures> = {}
  // As the hub's own connections plan.
  for (const client of clients) await client.query('set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off')
  for (const [name, make] of Object.entries(readsOf(stored, prices))) {
    const took = { http: Array<number>(), sql: Array<number>(), prepared: Array<number>() }
    const { http, sql, prepared } = took
    // The first tenth warms both up.
    for (let n = -Math.ceil(times / 10); n < times; n += 1) {
      const read = make(n + times)
      const asked = (named: boolean) => Promise.all(read.sql.map((statement, index) => clients[index]?.query({ ...statement, ...(named && { name: `${name} ${index}` }) })))
      const ways = [['http', () => ask(`${hub.url}/api/v1${read.path}`, read.body, agent)], ['sql', () => asked(false)], ['prepared', () => asked(true)]] as const
      for (let turn = 0; turn < ways.length; turn += 1) {
        const [way, work] = ways[(n + times + turn) % ways.length] ?? ways[0]
        const ms = await timed(work)
        if (n >= 0) took[way].push(ms)
      }
    }
    const ms = (values: number[], part: number): number => Number(percentile(values, part).toFixed(2))
    const ratioTo = (values: number[]): number => Number((percentile(http, 0.95) / percentile(values, 0.95)).toFixed(2))
    figures[name] = { p50Ms: ms(http, 0.5), p95Ms: ms(http, 0.95), sqlP50Ms: ms(sql, 0.5), sqlP95Ms: ms(sql, 0.95), ratio: ratioTo(sql), preparedP95Ms: ms(prepared, 0.95), preparedRatio: ratioTo(prepared) }
    say(`${name}: p95 ${figures[name].p95Ms} ms, bare SQL ${figures[name].sqlP95Ms} ms`)
  }
  agent.destroy()
  return figures
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Reads the whole answer and parses it, as a caller does. */
function ask(url: string, body: object | undefined, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: body ? 'POST' : 'GET', headers: body ? { 'content-type': 'application/json' } : {} }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) }).on('error', reject).on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`))
      })
    })
    sent.on('error', reject).end(body && JSON.stringify(body))
  })
}
