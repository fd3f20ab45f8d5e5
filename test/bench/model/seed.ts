/** Fills a hub's database by COPY. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { newId } from '../../../runtime/ids.ts'
import { kinds } from '../../../runtime/model/index.ts'
import { skuOf, variantsFor } from './data.ts'

/** What is stored, by its place in the order of storing. */
export interface Stored { customers: readonly string[], orders: readonly string[], receipts: number }

/** @param rows rows of COPY's text format, each with its newline */
export async function copyInto(client: pg.Client, target: string, rows: Iterable<string> | AsyncIterable<string | Buffer>): Promise<void> {
  await pipeline(Readable.from(rows, { objectMode: true }), client.query(copyFrom(`copy ${target} from stdin`)))
}

export async function seedVariants(client: pg.Client, { prices }: { prices: number }): Promise<void> {
  await seed(client, 'variant', variantsFor(prices), n => ({ system: 'erp', external: skuOf(n), number: null, document: { ...exampleOf('variant'), product: undefined, gtins: undefined, sku: skuOf(n) } }))
}

export async function seedTrade(client: pg.Client, { customers, orders, receipts }: { customers: number, orders: number, receipts: number }): Promise<Stored> {
  const who = await seed(client, 'customer', customers, n => ({ system: 'crm', external: `K-${n}`, number: String(10_000 + n), document: { ...exampleOf('customer'), emails: [{ value: `kunde${n}@example.no` }] } }))
  const buyer = (n: number) => ({ customer: { id: who[n % who.length] } })
  const order = exampleOf('order')
  const sold = await seed(client, 'order', orders, n => ({ system: 'webshop', external: `B-${n}`, number: `B-${n}`, document: { ...order, buyer: buyer(n) } }))
  await seed(client, 'receipt', receipts, n => ({ system: 'pos', external: `R-${n}`, number: null, document: { ...exampleOf('receipt'), ...buyer(n), sequenceNumber: String(n) } }))
  await client.query('vacuum analyze')
  return { customers: who, orders: sold, receipts }
}

function exampleOf(kind: string): Record<string, unknown> {
  return { ...kinds.get(kind)?.example }
}

async function seed(client: pg.Client, kind: string, count: number, make: (n: number) => { system: string, external: string, number: string | null, document: object }): Promise<string[]> {
  const schema = kinds.get(kind)?.schemaName ?? ''
  const ids = Array.from({ length: count }, () => newId())
  const since = Date.now() - count
  const time = (n: number): string => new Date(since + n).toISOString()
  await copyInto(client, 'torg.record (id, kind, version, schema, number, document, provenance, created_at, updated_at)', (function* () {
    for (const [n, id] of ids.entries()) {
      const { number, document } = make(n)
      yield `${[id, kind, '1', schema, number ?? '\\N', JSON.stringify(document).replaceAll('\\', '\\\\'), '[]', time(n), time(n)].join('\t')}\n`
    }
  })())
  await copyInto(client, 'torg.reference (system, kind, external_id, record_id)', (function* () {
    for (const [n, id] of ids.entries()) {
      const { system, external } = make(n)
      yield `${[system, kind, external, id].join('\t')}\n`
    }
  })())
  return ids
}
