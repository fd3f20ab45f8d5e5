/**
 * Hints: BullMQ distributes the work of the lanes. A hint says "lane L has due work", nothing else; PostgreSQL
 * knows which. So all of BullMQ's data may vanish and nothing is lost: the sweep hints again.
 *
 * One queue per lane gives each system its own bulkhead. BullMQ's limits and pause are not used: they would count hints,
 * and one hint carries any number of deliveries; see `gates.ts`. The same code runs on Redis and on PostgreSQL; only {@link createHints} knows which.
 */
import { Queue, Worker, createPostgresBackend, runMigrations } from 'bullmq'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Logger } from 'pino'
import type { LaneName } from '../store/types.ts'

/** The hints of all lanes, on one backend. */
export interface Hints {
  readonly backend: 'redis' | 'postgres'
  /** Says that a lane has due work. Never waits, never throws: with the backend down the hint is dropped and the sweep repeats it. */
  give(lane: LaneName): void
  /** Says that a lane has more due work than this process can take: so many other processes are to help, each with a hint of its own. */
  callHelp(lane: LaneName, processes: number): void
  /** Calls `drain` for the hints of a lane, one at a time in this process. */
  listen(lane: LaneName, drain: () => Promise<void>): Promise<void>
  /** Stops taking hints of a lane; one being worked on is awaited. */
  unlisten(lane: LaneName): Promise<void>
  /** Hints waiting and active by lane, for the metrics. */
  counts(): Promise<{ lane: LaneName, waiting: number, active: number }[]>
  close(): Promise<void>
}

/** Short, so that after a kill a hint that was being worked on is free again within seconds; the worker prolongs it. */
const lockDurationMs = 6_000
const stalledIntervalMs = 3_000
/** The dead process may have held the same hint any number of times; it is never to be dropped. */
const maxStalledCount = 1_000_000
/** How often an empty queue is asked again without a notification. */
const drainDelayS = 5

interface LaneQueue {
  /** Slot 0 is the hint that every lane has; the others call for help. */
  give(slot: number): Promise<unknown>
  counts(): Promise<Record<string, number>>
  close(): Promise<void>
  listen(drain: () => Promise<void>): { close(): Promise<void> }
}

/** Chooses the backend: Redis where `redisUrl` is given, else the hub's own PostgreSQL (schema `bullmq`). */
export async function createHints({ redisUrl, databaseUrl, log }: { redisUrl: string | undefined, databaseUrl: string, log: Logger }): Promise<Hints> {
  const backend = redisUrl ? redisBackend(redisUrl, log) : await postgresBackend(databaseUrl, log)
  const lanes = new Map<LaneName, { queue: LaneQueue, proven: boolean, giving: boolean, again: boolean, listener?: { close(): Promise<void> } }>()
  let closed = false

  const laneOf = (lane: LaneName) => {
    let known = lanes.get(lane)
    if (!known) lanes.set(lane, known = { queue: backend.queue(lane), proven: false, giving: false, again: false })
    return known
  }

  /** At most one `add` of a lane is under way; those wanted meanwhile become one more. */
  const give = (name: LaneName): void => {
    if (closed) return
    const lane = laneOf(name)
    if (lane.giving) { lane.again = true; return }
    lane.giving = true
    lane.queue.give(0)
      .then(() => { lane.proven = true }, async (error: unknown) => {
        log.debug({ lane: name, err: error }, 'hint dropped; the sweep repeats it')
        if (lane.proven) return
        // A queue made while its backend was away never recovers by itself.
        await lane.queue.close()
        lane.queue = backend.queue(name)
      })
      .finally(() => {
        lane.giving = false
        if (lane.again) { lane.again = false; give(name) }
      })
  }

  return {
    backend: backend.name,
    give,
    callHelp(name, processes) {
      if (closed) return
      const { queue } = laneOf(name)
      for (let slot = 1; slot <= processes; slot += 1) queue.give(slot).catch((error: unknown) => { log.debug({ lane: name, err: error }, 'a call for help was dropped') })
    },
    async listen(name, drain) {
      const lane = laneOf(name)
      await lane.listener?.close()
      lane.listener = lane.queue.listen(drain)
    },
    async unlisten(name) {
      const lane = lanes.get(name)
      await lane?.listener?.close()
      if (lane) delete lane.listener
    },
    async counts() {
      return Promise.all([...lanes].map(async ([lane, { queue }]) => {
        const { waiting = 0, active = 0 } = await answerWithin(queue.counts(), countLimitMs)
        return { lane, waiting, active }
      }))
    },
    async close() {
      closed = true
      const open = [...lanes.values()]
      await Promise.all(open.map(({ listener }) => listener?.close()))
      await Promise.all(open.map(({ queue }) => queue.close()))
      await backend.close()
    },
  }
}

/**
 * One job per lane waits and one is active at the most: `keepLastIfActive` keeps what comes during the work as one more. This process's
 * worker takes one at a time, so a job in another slot is taken by another process; nobody needs it once it has been worked on.
 */
const hintJob = (lane: LaneName, slot: number) => ({
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  deduplication: slot === 0 ? { id: lane, keepLastIfActive: true } : { id: `${lane}+${slot}` },
})

const workerTimes = {
  autorun: false,
  concurrency: 1,
  lockDuration: lockDurationMs,
  stalledInterval: stalledIntervalMs,
  maxStalledCount,
  drainDelay: drainDelayS,
}

/** A backend that hangs must not hang the metrics. */
const countLimitMs = 1_000
const answerWithin = async <Answer>(asked: Promise<Answer>, ms: number): Promise<Answer> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Error(`no answer within ${ms} ms`)) }, ms)
  try {
    return await Promise.race([asked, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Closes a worker; with an unreachable backend BullMQ would wait for ever, so the wait is bounded. */
const closeWithin = async (closing: Promise<unknown>, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([closing.catch(() => undefined), new Promise((resolve) => { timer = setTimeout(resolve, ms) })])
  clearTimeout(timer)
}

/** A worker of either backend. */
interface Startable {
  on(event: 'error', listener: (error: Error) => void): unknown
  waitUntilReady(): Promise<unknown>
  run(): Promise<void>
  close(): Promise<void>
}

/** Pause before a worker that could not connect is made anew. */
const againMs = 1_000

/**
 * Has a worker work once it has connected, and makes another one where it cannot. BullMQ never forgets that the first connection failed (as when PostgreSQL is
 * stopped while the hub opens its lanes): such a worker asks for jobs again and again without a pause, and nothing else in the process has its turn any more.
 */
function runWorker(make: () => Startable, report: (error: unknown) => void): { close(): Promise<void> } {
  const closing = new AbortController()
  let worker: Startable | undefined
  const open = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      const made = make()
      worker = made
      made.on('error', report)
      try {
        await made.waitUntilReady()
        if (!closing.signal.aborted) made.run().catch(report)
        return
      } catch (error) {
        report(error)
        await closeWithin(made.close(), 1_000)
        await sleep(againMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
      }
    }
  }
  void open()
  return {
    close: async () => {
      closing.abort()
      if (worker) await closeWithin(worker.close(), 5_000)
    },
  }
}

function redisBackend(url: string, log: Logger) {
  const quiet = onceInAWhile(log, 'Redis is not reachable; intake and deliveries go on through PostgreSQL, slower. Check REDIS_URL.')
  // A producer must fail soon while Redis is down: nothing waits for a hint.
  const producer = new Redis(url, { maxRetriesPerRequest: 1 })
  // A worker must wait for Redis to come back (BullMQ demands null).
  const consumer = new Redis(url, { maxRetriesPerRequest: null })
  producer.on('error', quiet)
  consumer.on('error', quiet)
  return {
    name: 'redis' as const,
    queue(lane: LaneName): LaneQueue {
      const queue = new Queue(lane, { connection: producer, prefix: 'torg', skipWaitingForReady: true })
      queue.on('error', quiet)
      return {
        give: (slot) => queue.add('hint', {}, hintJob(lane, slot)),
        counts: () => queue.getJobCounts('waiting', 'active'),
        close: () => closeWithin(queue.close(), 2_000),
        listen: (drain) => runWorker(() => new Worker(lane, drain, { connection: consumer, prefix: 'torg', ...workerTimes }), quiet),
      }
    },
    async close() {
      producer.disconnect()
      consumer.disconnect()
    },
  }
}

async function postgresBackend(databaseUrl: string, log: Logger) {
  const quiet = onceInAWhile(log, 'The queue cannot reach PostgreSQL. Check DATABASE_URL.')
  // Every worker keeps one connection of the pool for LISTEN, so the pool must be larger than the number of lanes.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 120, idleTimeoutMillis: 10_000, options: '-c search_path=bullmq', application_name: 'torg hints', keepAlive: true })
  pool.on('error', quiet)
  // A connection lost while BullMQ has it out tells that itself, and without a listener that would end the process.
  pool.on('connect', (connection) => { connection.on('error', quiet) })
  // Every queue and worker listens to the pool.
  pool.setMaxListeners(0)
  const client = await pool.connect()
  try {
    await runMigrations(client)
  } finally {
    client.release()
  }
  return {
    name: 'postgres' as const,
    queue(lane: LaneName): LaneQueue {
      const queue = new Queue(lane, { connection: pool }, createPostgresBackend)
      queue.on('error', quiet)
      return {
        give: (slot) => queue.add('hint', {}, hintJob(lane, slot)),
        counts: () => queue.getJobCounts('waiting', 'active'),
        close: () => closeWithin(queue.close(), 2_000),
        listen: (drain) => runWorker(() => new Worker(lane, drain, { connection: pool, ...workerTimes }, createPostgresBackend), quiet),
      }
    },
    close: () => closeWithin(pool.end(), 5_000),
  }
}

/** A connection that is down fails many times a second; one line in half a minute says it all. */
function onceInAWhile(log: Logger, sentence: string): (error: unknown) => void {
  let last = 0
  return (error) => {
    // The backend answered, but under load too late: the hint is given to the next. Leases keep keys apart, so no work is done twice.
    if (error instanceof Error && error.message.includes('could not renew lock')) { log.debug({ err: error }, 'a hint was worked on for longer than its lock'); return }
    const now = Date.now()
    if (now - last < 30_000) return
    last = now
    log.warn({ err: error }, sentence)
  }
}
