/**
 * `npm run bench:model`: a file of prices into the hub, reads of the hub API and saves of orders, each beside the bare SQL for the same. See ../README.md.
 *
 *   --json               one JSON object instead of tables
 *   --only import        one part of `import`, `reads`, `saves`; repeatable. Reads are of what the import brought
 *   --prices 1000000     rows of the file
 *   --customers 200000, --orders 500000    records stored for the reads; receipts are as many as customers
 *   --reads 300          reads of each kind
 *   --saves 10000        orders saved
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../../runtime/postgres/embedded.ts'
import { prepareHub } from '../../faults/hub-process.ts'
import { removeServerFolder } from '../../support/database.ts'
import { flushMsOf } from '../measure.ts'
import { measureImport } from './import.ts'
import { measureReads } from './reads.ts'
import { measureSaves } from './saves.ts'
import { seedTrade, seedVariants } from './seed.ts'

const { values: options } = parseArgs({ options: {
  json: { type: 'boolean', default: false }, only: { type: 'string', multiple: true, default: ['import', 'reads', 'saves'] },
  prices: { type: 'string', default: '1000000' }, customers: { type: 'string', default: '200000' }, orders: { type: 'string', default: '500000' },
  reads: { type: 'string', default: '300' }, saves: { type: 'string', default: '10000' },
} })
const [prices, customers, orders, reads, saves] = [options.prices, options.customers, options.orders, options.reads, options.saves].map(Number) as [number, number, number, number, number]
const wants = (part: 'import' | 'reads' | 'saves'): boolean => options.only.includes(part)
const say = (text: string): void => { if (!options.json) console.log(text) }

const folder = await mkdtemp(join(tmpdir(), 'torg-bench-model-'))
const postgres = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'warn' }) })
const admin = new pg.Client({ connectionString: postgres.url })
await admin.connect()
const createDatabase = async (name: string): Promise<string> => {
  await admin.query(`create database ${name}`)
  return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
}

async function importAndReads(): Promise<object> {
  const databaseUrl = await createDatabase('hub')
  const dataDir = join(folder, 'hub')
  await mkdir(dataDir)
  const hub = await prepareHub({ project: join(import.meta.dirname, 'project'), env: {
    DATABASE_URL: databaseUrl, TORG_DATA: dataDir,
    // For a profile of the hub, as in bench.ts.
    ...(process.env['BENCH_NODE_OPTIONS'] !== undefined && { NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] }),
  } })
  const clients = [1, 2, 3].map(() => new pg.Client({ connectionString: databaseUrl }))
  const [client] = clients as [pg.Client, ...pg.Client[]]
  try {
    await hub.start()
    for (const each of clients) await each.connect()
    say('Storing variants')
    await seedVariants(client, { prices })
    const imported = await measureImport({ hub, client, folder, prices, say })
    if (!wants('reads')) return { import: imported }
    say('Storing customers, orders and receipts')
    const stored = await seedTrade(client, { customers, orders, receipts: customers })
    return { import: imported, reads: await measureReads({ hub, clients, stored, prices, times: reads, say }) }
  } finally {
    for (const each of clients) await each.end()
    await hub.stop()
  }
}

try {
  const flushMs = Number((await flushMsOf(folder)).toFixed(2))
  say(`${cpus().length} cores (${cpus()[0]?.model}); a flush of the disk takes ${flushMs} ms`)
  const results = {
    flushMs,
    ...((wants('import') || wants('reads')) && await importAndReads()),
    ...(wants('saves') && { saves: await measureSaves({ databaseUrl: await createDatabase('saves'), orders: saves, say }) }),
  }
  if (options.json) console.log(JSON.stringify(results))
  else for (const [part, result] of Object.entries(results)) { if (typeof result === 'object') { say(`\n${part}`); console.table(result) } }
} finally {
  await admin.end()
  await postgres.stop()
  await removeServerFolder(folder)
  await rm(folder, { recursive: true, force: true })
}
process.exit(0)
