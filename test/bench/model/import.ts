/** A file of prices through `POST /api/v1/imports`, twice, beside COPY of the same rows into one indexed table. */
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { json } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import type { HubProcess } from '../../faults/hub-process.ts'
import { peakRssMbOf } from '../measure.ts'
import { priceCopy, priceLine, priceRow, priceTable } from './data.ts'
import { copyInto } from './seed.ts'

/** How often COPY is timed, before and after; the median counts. */
const copies = 3

export interface ImportFigures {
  prices: number
  copySeconds: number
  firstSeconds: number
  /** First import divided by COPY. */
  firstRatio: number
  againSeconds: number
  againRatio: number
  /** What the second one published; must be 0. */
  againRaised: number
  hubPeakRssMb: number | null
}

export async function measureImport({ hub, client, folder, prices, say }: { hub: HubProcess, client: pg.Client, folder: string, prices: number, say: (text: string) => void }): Promise<ImportFigures> {
  const [lines, rows] = [join(folder, 'prices.ndjson'), join(folder, 'prices.copy')]
  await write(lines, prices, priceLine)
  await write(rows, prices, priceCopy)
  const copy = async (): Promise<number> => {
    await client.query(priceTable('copied'))
    const seconds = await timed(() => copyInto(client, 'copied', createReadStream(rows)))
    await client.query('drop table copied')
    return seconds
  }
  const times: number[] = []
  for (let n = 0; n < copies; n += 1) times.push(await copy())
  // Prices are raised, and wait: what the systems make of them is another matter.
  for (const lane of ['webshop.out', 'pos.out']) {
    const paused = await fetch(`${hub.url}/api/v1/lanes/${lane}/pause`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ reason: 'benchmark' }) })
    if (!paused.ok) throw new Error(`${lane} could not be paused: ${await paused.text()}`)
  }
  const first = await importFile(hub, lines)
  say(`First import: ${first.seconds.toFixed(1)} s, ${JSON.stringify(first.counts)}`)
  const before = await raised(client)
  const again = await importFile(hub, lines)
  say(`Again: ${again.seconds.toFixed(1)} s, ${JSON.stringify(again.counts)}`)
  const after = await raised(client)
  for (let n = 0; n < copies; n += 1) times.push(await copy())
  await Promise.all([lines, rows].map(file => rm(file)))
  if (before !== 2 * prices) throw new Error(`${before} deliveries were raised, or are to be, instead of ${2 * prices}.`)
  if (first.counts.created !== prices || again.counts.unchanged !== prices) throw new Error(`Not every line came in: ${JSON.stringify([first.counts, again.counts])}`)
  const copySeconds = times.toSorted((a, b) => a - b)[copies] ?? Number.NaN
  const round = (value: number): number => Number(value.toFixed(2))
  return {
    prices, copySeconds: round(copySeconds), firstSeconds: round(first.seconds), firstRatio: round(first.seconds / copySeconds),
    againSeconds: round(again.seconds), againRatio: round(again.seconds / copySeconds), againRaised: after - before, hubPeakRssMb: peakRssMbOf(hub.pid),
  }
}

async function write(file: string, count: number, make: (row: ReturnType<typeof priceRow>) => string): Promise<void> {
  await pipeline(Readable.from((function* () { for (let n = 0; n < count; n += 1) yield make(priceRow(n, count)) })()), createWriteStream(file))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

async function importFile({ url }: HubProcess, file: string): Promise<{ seconds: number, counts: { created: number, unchanged: number, failed: number } }> {
  const start = performance.now()
  const sent = request(`${url}/api/v1/imports?kind=price&system=erp&mode=partial`, { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } })
  const [[answer]] = await Promise.all([once(sent, 'response') as Promise<[IncomingMessage]>, pipeline(createReadStream(file), sent)])
  const body = await json(answer) as { state: string, created: number, unchanged: number, failed: number }
  if (body.state !== 'done') throw new Error(`The import ended with ${answer.statusCode}: ${JSON.stringify(body)}`)
  return { seconds: (performance.now() - start) / 1000, counts: { created: body.created, unchanged: body.unchanged, failed: body.failed } }
}

/** How many deliveries were ever raised, or are to be. */
async function raised(client: pg.Client): Promise<number> {
  return (await client.query<{ count: number }>(`select ((select coalesce(sum(desired), 0) from torg.delivery) + (select coalesce(sum(total - looked), 0) from torg.raise))::int as count`)).rows[0]?.count ?? 0
}
