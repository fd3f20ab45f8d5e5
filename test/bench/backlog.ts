/**
 * A hub before a mountain: 100,000 messages wait when it starts. How long until the first delivery, how much memory it takes beyond a hub
 * that does the same work with nothing waiting, and how soon keys that were being worked on at a `kill -9` are worked on again.
 * Then its systems answer 503 until every message is a record whose deliveries wait, and it starts before those.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { openStore } from '../../runtime/store/index.ts'
import { prepareHub } from '../faults/hub-process.ts'
import { removeServerFolder } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { peakRssMbOf } from './measure.ts'
import { bodyOf, idOf } from './orders.ts'
import { startSinks } from './sinks.ts'

type Backend = 'redis' | 'postgres'

export interface BacklogResult {
  backend: Backend
  messages: number
  /** Largest memory of a hub that worked off 20,000 messages at full speed, of one that did so before the backlog, and of one whose systems took nothing; MB. */
  usualRssMb: number | null
  messagesRssMb: number | null
  deliveriesRssMb: number | null
  /** From the start of the process to the first 2xx of a system, seconds. */
  firstDeliveryS: number
  firstDeliveryOfDeliveriesS: number
  /** Keys leased at the kill, and seconds from the start of the process until the last of them was worked on again. */
  keysInFlight: number
  resumedS: number
}

const usual = 20_000
const limitMs = 3_600_000

/** Runs the backlog on each backend, on servers of its own. */
export async function measureBacklogs({ backends, messages, say }: { backends: readonly Backend[], messages: number, say: (text: string) => void }): Promise<BacklogResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'torg-bench-'))
  const redis = await startRedis()
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log: pino({ level: 'warn' }) })
  const admin = new pg.Client({ connectionString: postgres.url })
  await admin.connect()
  try {
    const results: BacklogResult[] = []
    for (const backend of backends) {
      await admin.query(`create database backlog_${backend}`)
      const databaseUrl = Object.assign(new URL(postgres.url), { pathname: `/backlog_${backend}` }).href
      const dataDir = join(folder, `hub-${backend}`)
      await mkdir(dataDir)
      results.push(await measureBacklog({ backend, messages, databaseUrl, dataDir, redisUrl: redis.url, say: (text) => { say(`${backend}: ${text}`) } }))
    }
    return results
  } finally {
    await admin.end()
    await postgres.stop()
    await redis.stop()
    await removeServerFolder(folder)
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureBacklog({ backend, messages, databaseUrl, dataDir, redisUrl, say }: { backend: Backend, messages: number, databaseUrl: string, dataDir: string, redisUrl: string, say: (text: string) => void }): Promise<BacklogResult> {
  const sinks = await startSinks()
  const hub = await prepareHub({
    project: join(import.meta.dirname, 'project'),
    env: { DATABASE_URL: databaseUrl, TORG_DATA: dataDir, BENCH_SECRET: 'not used', BENCH_SINKS: sinks.url, ...(backend === 'redis' && { REDIS_URL: redisUrl }) },
  })
  const database = new pg.Client({ connectionString: databaseUrl })
  await database.connect()
  const count = async (sql: string): Promise<number> => (await database.query<{ count: number }>(`select count(*)::int as count from ${sql}`)).rows[0]?.count ?? 0
  const pendingMessages = (): Promise<number> => count(`torg.message where state = 'pending'`)
  const startTimed = async (): Promise<{ firstDeliveryS: number, startedAt: number }> => {
    const before = sinks.taken
    const startedAt = performance.now()
    await hub.start()
    await until(() => sinks.taken > before, { limitMs: 120_000, what: 'the first delivery' })
    return { firstDeliveryS: secondsSince(startedAt), startedAt }
  }
  let next = 1_000
  const store = async (amount: number): Promise<void> => {
    await receive(databaseUrl, next, amount)
    next += amount
  }
  try {
    // The first start makes the schema.
    await hub.start()
    await hub.stop()
    await store(usual)
    await hub.start()
    await until(async () => await pendingMessages() === 0, { limitMs, everyMs: 200, what: 'the usual messages are worked off' })
    await until(() => sinks.taken >= usual * 3, { limitMs, everyMs: 50, what: 'the usual orders are delivered' })
    const usualRssMb = peakRssMbOf(hub.pid)
    say(`${usualRssMb} MB at most while nothing waits`)
    await hub.stop()

    say(`storing ${messages} messages`)
    await store(messages)
    await database.query('analyze')
    const { firstDeliveryS } = await startTimed()
    say(`first delivery after ${firstDeliveryS} s`)
    const before = sinks.taken
    await until(() => sinks.taken > before + usual * 3, { limitMs, everyMs: 50, what: 'the usual work is done' })
    const messagesRssMb = peakRssMbOf(hub.pid)
    say(`${messagesRssMb} MB at most before the messages`)
    await hub.kill()
    const { rows: leased } = await database.query<{ lane: string, key: string }>('select lane, key from torg.work where owner is not null')
    const left = `torg.work w join unnest($1::text[], $2::text[]) as g (lane, key) using (lane, key)`
    const restarted = await startTimed()
    await until(async () => (await database.query(`select 1 from ${left} limit 1`, [leased.map(({ lane }) => lane), leased.map(({ key }) => key)])).rows.length === 0, { limitMs: 120_000, what: 'the keys in flight at the kill are worked off' })
    const resumedS = secondsSince(restarted.startedAt)
    say(`${leased.length} keys in flight at the kill were worked off after ${resumedS} s`)

    sinks.refuse(true)
    await until(async () => await pendingMessages() === 0, { limitMs, everyMs: 1_000, what: 'every message is a record' })
    const deliveriesRssMb = peakRssMbOf(hub.pid)
    say(`${await count('torg.delivery where desired > acked')} deliveries wait`)
    await hub.kill()
    sinks.refuse(false)
    const ofDeliveries = await startTimed()
    await hub.kill()
    return { backend, messages, usualRssMb, messagesRssMb, deliveriesRssMb, firstDeliveryS, firstDeliveryOfDeliveriesS: ofDeliveries.firstDeliveryS, keysInFlight: leased.length, resumedS }
  } finally {
    await hub.kill()
    await database.end()
    await sinks.close()
  }
}

const secondsSince = (startedAt: number): number => Number(((performance.now() - startedAt) / 1000).toFixed(1))

/** Stores orders as the hub's intake would, without a hub. */
async function receive(databaseUrl: string, from: number, count: number): Promise<void> {
  const store = await openStore({ databaseUrl, log: pino({ level: 'warn' }) })
  const together = 500
  for (let first = from; first < from + count; first += together) {
    const numbers = Array.from({ length: Math.min(together, from + count - first) }, (_, index) => first + index)
    await Promise.all(numbers.map((number) => store.receive({
      lane: 'webshop.in', system: 'webshop', source: 'in', topic: 'orders/create', key: String(idOf(number)), eventId: `event-${number}`,
      contentType: 'application/json', headers: {}, body: bodyOf(number), sourceTime: null,
    })))
  }
  await store.close()
}
