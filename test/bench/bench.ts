/**
 * `npm run bench`: the work W through the hub and through the floor, in turns, on both backends. See README.md beside this file.
 *
 *   --json              one JSON object instead of a table
 *   --backend redis     only one of `redis` and `postgres`
 *   --orders 2000       orders per round
 *   --rounds 3          rounds; their median counts
 *   --seconds 10        length of the latency measurement
 *   --idle 0            seconds of idleness measured at the end (60 for the figure that counts)
 *   --no-floor          the hub alone
 *   --backlog           instead of W: a hub before so many messages that wait (--messages 100000), see backlog.ts
 *   --mapping           the speed of the mappings beside JSONata, and nothing else
 *   --statements        what PostgreSQL spends on each statement of the hub
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { prepareHub } from '../faults/hub-process.ts'
import { removeServerFolder } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { measureBacklogs } from './backlog.ts'
import type { Load, LoadResult } from './load.ts'
import { measureMappings } from './mapping.ts'
import { cpuSecondsOf, cpuSecondsOfFamily, flushMsOf, peakRssMbOf, percentile } from './measure.ts'
import { startSinks, type Sinks } from './sinks.ts'

type Backend = 'redis' | 'postgres'
const secret = 'known to the load generator'
const connections = 32
const moderateRate = 50
/** Nothing has come for so long: what is missing is lost. */
const quietMs = 15_000

/** A program under test: the hub or the floor. */
interface Subject { webhook: string, pid: number, sinks: Sinks, stop(): Promise<unknown> }

interface Round { acceptedPerSecond: number, ordersPerSecond: number, cpuSeconds: number, serverCpuSeconds: number, lost: number }

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    json: { type: 'boolean', default: false }, backend: { type: 'string' }, orders: { type: 'string', default: '2000' }, rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' }, idle: { type: 'string', default: '0' }, floor: { type: 'boolean', default: true }, statements: { type: 'boolean', default: false }, mapping: { type: 'boolean', default: false },
    backlog: { type: 'boolean', default: false }, messages: { type: 'string', default: '100000' },
  },
})
if (options.mapping) {
  const mappings = await measureMappings()
  if (options.json) console.log(JSON.stringify({ mappings }))
  else console.table(mappings)
  process.exit(0)
}
const orders = Number(options.orders)
const say = (text: string): void => { if (!options.json) console.log(text) }
const backends: Backend[] = options.backend === 'redis' || options.backend === 'postgres' ? [options.backend] : ['redis', 'postgres']
let nextNumber = 1_000

if (options.backlog) {
  const results = await measureBacklogs({ backends, messages: Number(options.messages), say })
  if (options.json) console.log(JSON.stringify(results))
  else console.table(results)
  process.exit(0)
}

async function startHub(backend: Backend, { dataDir, databaseUrl, redisUrl }: { dataDir: string, databaseUrl: string, redisUrl: string }): Promise<Subject> {
  const sinks = await startSinks()
  const hub = await prepareHub({
    project: join(import.meta.dirname, 'project'),
    env: {
      DATABASE_URL: databaseUrl, TORG_DATA: dataDir, BENCH_SECRET: secret, BENCH_SINKS: sinks.url, ...(backend === 'redis' && { REDIS_URL: redisUrl }),
      // For a profile of the hub: BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=/tmp/profile".
      ...(process.env['BENCH_NODE_OPTIONS'] !== undefined && { NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] }),
    },
  })
  await hub.start().catch(async (error: unknown) => { await hub.kill(); throw error })
  return {
    webhook: `${hub.url}/in/webshop`, pid: hub.pid, sinks,
    stop: async () => {
      const code = await hub.stop()
      await sinks.close()
      const troubles = hub.output.split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line))
      if (code !== 0 || troubles.length > 0) console.error(`The hub ended with ${code} and said:\n${troubles.slice(0, 10).join('\n')}`)
    },
  }
}

async function startFloor(backend: Backend, { databaseUrl, redisUrl }: { databaseUrl: string, redisUrl: string }): Promise<Subject> {
  const sinks = await startSinks()
  const child = fork(join(import.meta.dirname, 'floor.ts'), {
    env: { PATH: process.env['PATH'] ?? '', FLOOR_SECRET: secret, FLOOR_SINKS: sinks.url, ...(backend === 'redis' ? { FLOOR_REDIS: redisUrl } : { FLOOR_DATABASE: databaseUrl }) },
  })
  const { url } = await answerOf<{ url: string }>(child)
  return { webhook: url, pid: child.pid ?? 0, sinks, stop: async () => { child.kill('SIGKILL'); await sinks.close() } }
}

function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => { resolve(answer as Answer) })
    child.once('exit', (code) => { reject(new Error(`${child.spawnargs.at(-1)} ended with ${code}`)) })
  })
}

/** Posts orders and waits until they are in all three sinks. */
async function send(subject: Subject, { count, perSecond }: { count: number, perSecond?: number }): Promise<LoadResult & { endToEnd: number[], lost: number }> {
  const from = nextNumber
  nextNumber += count
  const generator = fork(join(import.meta.dirname, 'load.ts'))
  const load: Load = { url: subject.webhook, secret, from, count, connections, ...(perSecond !== undefined && { perSecond }) }
  generator.send(load)
  const result = await answerOf<LoadResult>(generator)
  generator.kill()
  if (result.refused > 0) throw new Error(`${result.refused} of ${count} webhooks were not answered with 200`)
  sent.set(subject, (sent.get(subject) ?? 0) + count)
  await subject.sinks.complete(sent.get(subject) ?? 0, quietMs)
  const endToEnd = result.sentAt.flatMap((at, index) => {
    const done = subject.sinks.completeAt(String(from + index))
    return done === undefined ? [] : [done - at]
  })
  return { ...result, endToEnd, lost: count - endToEnd.length }
}
const sent = new Map<Subject, number>()

async function round(subject: Subject, count: number): Promise<Round> {
  const before = cpuSecondsOf(subject.pid)
  const serversBefore = serverCpuSeconds()
  const { sentAt, seconds, endToEnd, lost } = await send(subject, { count })
  // What follows the last delivery, such as its settlement, is part of the work.
  await sleep(300)
  const after = cpuSecondsOf(subject.pid)
  const start = sentAt[0] ?? 0
  const end = sentAt.reduce((latest, at, index) => Math.max(latest, at + (endToEnd[index] ?? 0)), 0)
  return { acceptedPerSecond: count / seconds, ordersPerSecond: (count - lost) / ((end - start) / 1000), cpuSeconds: spent(before, after), serverCpuSeconds: spent(serversBefore, serverCpuSeconds()), lost }
}

const spent = (before: number | null, after: number | null): number => before === null || after === null ? Number.NaN : after - before
const serverCpuSeconds = (): number | null => {
  const [first, second] = [cpuSecondsOfFamily(postgres.pid), cpuSecondsOf(redis.pid)]
  return first === null || second === null ? null : first + second
}

const median = (rounds: Round[], of: (round: Round) => number): number => percentile(rounds.map(of), 0.5)
const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits))

async function measure(backend: Backend, places: { dataDir: string, databaseUrl: string, floorDatabaseUrl: string, redisUrl: string }) {
  const hub = await startHub(backend, places)
  const floor = options.floor ? await startFloor(backend, { databaseUrl: places.floorDatabaseUrl, redisUrl: places.redisUrl }) : undefined
  try {
    // BullMQ's PostgreSQL backend is slow: fewer orders show the same rate.
    const floorOrders = backend === 'redis' ? orders : Math.ceil(orders / 4)
    const lost: number[] = []
    say(`\n${backend}: warming up`)
    for (const [subject, count] of [[hub, orders], [floor, Math.ceil(floorOrders / 2)]] as const) {
      if (subject) lost.push((await send(subject, { count })).lost)
    }
    await statements.reset()
    const hubRounds: Round[] = []
    const floorRounds: Round[] = []
    for (let turn = 0; turn < Number(options.rounds); turn += 1) {
      hubRounds.push(await round(hub, orders))
      if (floor) floorRounds.push(await round(floor, floorOrders))
      say(`${backend}: round ${turn + 1}: hub ${Math.round(hubRounds.at(-1)?.ordersPerSecond ?? 0)}/s${floor ? `, floor ${Math.round(floorRounds.at(-1)?.ordersPerSecond ?? 0)}/s` : ''}`)
    }
    await statements.print(`hub_${backend}`, hubRounds.length * orders)
    const count = Number(options.seconds) * moderateRate
    const paced = await send(hub, { count, perSecond: moderateRate })
    const pacedFloor = floor && await send(floor, { count, perSecond: moderateRate })
    lost.push(paced.lost, ...hubRounds.map((each) => each.lost))
    const idle = Number(options.idle)
    const idleFrom = cpuSecondsOf(hub.pid)
    await sleep(idle * 1000)
    const idleTo = cpuSecondsOf(hub.pid)

    const ordersPerSecond = median(hubRounds, (each) => each.ordersPerSecond)
    const floorOrdersPerSecond = floor ? median(floorRounds, (each) => each.ordersPerSecond) : null
    const ms = (values: number[], part: number): number => rounded(percentile(values, part), 1)
    const perOrder = (seconds: number, count: number): number => rounded(seconds * 1000 / count, 2)
    const cpu = median(hubRounds, (each) => each.cpuSeconds)
    return {
      work: 'W', backend, orders, rounds: hubRounds.length,
      acceptedPerSecond: rounded(median(hubRounds, (each) => each.acceptedPerSecond)),
      ordersPerSecond: rounded(ordersPerSecond),
      floorOrdersPerSecond: floorOrdersPerSecond === null ? null : rounded(floorOrdersPerSecond),
      ratioToFloor: floorOrdersPerSecond === null ? null : rounded(ordersPerSecond / floorOrdersPerSecond, 2),
      p50Ms: ms(paced.endToEnd, 0.5), p95Ms: ms(paced.endToEnd, 0.95), p99Ms: ms(paced.endToEnd, 0.99),
      floorP50Ms: pacedFloor ? ms(pacedFloor.endToEnd, 0.5) : null, floorP95Ms: pacedFloor ? ms(pacedFloor.endToEnd, 0.95) : null,
      cpuSeconds: rounded(cpu, 2), cpuMsPerOrder: perOrder(cpu, orders), serverCpuMsPerOrder: perOrder(median(hubRounds, (each) => each.serverCpuSeconds), orders),
      floorCpuMsPerOrder: floor ? perOrder(median(floorRounds, (each) => each.cpuSeconds), floorOrders) : null,
      floorServerCpuMsPerOrder: floor ? perOrder(median(floorRounds, (each) => each.serverCpuSeconds), floorOrders) : null,
      peakRssMb: peakRssMbOf(hub.pid),
      ...(idle > 0 && { idleCpuPercent: rounded(((idleTo ?? 0) - (idleFrom ?? 0)) / idle * 100, 2) }),
      lost: lost.reduce((sum, each) => sum + each, 0), duplicates: hub.sinks.duplicates,
    }
  } finally {
    await floor?.stop()
    await hub.stop()
  }
}

const dataDir = await mkdtemp(join(tmpdir(), 'torg-bench-'))
const redis = await startRedis()
const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }), ...(options.statements && { parameters: { shared_preload_libraries: 'pg_stat_statements' } }) })
const admin = new pg.Client({ connectionString: postgres.url })
await admin.connect()
if (options.statements) await admin.query('create extension pg_stat_statements')
const statements = {
  async reset(): Promise<void> { if (options.statements) await admin.query('select pg_stat_statements_reset()') },
  async print(database: string, count: number): Promise<void> {
    if (!options.statements) return
    const { rows } = await admin.query(`
      select round(total_exec_time::numeric / $2::numeric, 4) as "ms per order", round(calls::numeric / $2::numeric, 3) as "calls per order", round(mean_exec_time::numeric, 3) as "ms per call",
        round(rows::numeric / calls, 1) as rows, regexp_replace(left(query, 90), '\\s+', ' ', 'g') as statement
      from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1 order by total_exec_time desc limit 25`, [database, count])
    console.table(rows)
  },
}
try {
  const database = async (name: string): Promise<string> => {
    await admin.query(`create database ${name}`)
    return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href
  }
  const flushMs = rounded(await flushMsOf(dataDir), 2)
  const load = (await readFile('/proc/loadavg', 'utf8').catch(() => '')).split(' ')[0] ?? ''
  say(`${cpus().length} cores (${cpus()[0]?.model}), load ${load || 'unknown'} before the start; a flush of the disk takes ${flushMs} ms`)
  const results: Record<string, Awaited<ReturnType<typeof measure>> & { flushMs: number }> = {}
  for (const backend of backends) {
    const hubData = join(dataDir, `hub-${backend}`)
    await mkdir(hubData)
    const places = { dataDir: hubData, databaseUrl: await database(`hub_${backend}`), floorDatabaseUrl: await database(`floor_${backend}`), redisUrl: redis.url }
    results[backend] = { ...await measure(backend, places), flushMs }
  }
  if (options.json) console.log(JSON.stringify(results))
  else {
    const names = [...new Set(Object.values(results).flatMap((result) => Object.keys(result)))]
    console.table(Object.fromEntries(names.map((name) => [name, Object.fromEntries(Object.entries(results).map(([backend, result]) => [backend, Object.entries(result).find(([key]) => key === name)?.[1]]))])))
  }
} finally {
  await admin.end()
  await postgres.stop()
  await redis.stop()
  await removeServerFolder(dataDir)
  await rm(dataDir, { recursive: true, force: true })
}
process.exit(0)
