/**
 * The PostgreSQL that runs when no DATABASE_URL is given. It outlives a killed hub and is adopted by the next start,
 * so nothing is orphaned and nothing starts twice on the same data.
 */
import { mkdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { copyBinaries, findBinaries, postgresMajor, usableInPlace } from './binaries.ts'
import { findPlace, systemFolder } from './place.ts'
import { isEnding, isServerOf, processesIn, readPidFile } from './processes.ts'
import { address, answersFor, cannotStart, initialise, logTail, startServer, type ServerContext } from './server.ts'

export interface EmbeddedPostgres {
  /** Connection address of the database `torg`, with password. */
  url: string
  port: number
  /** Process id of the server. */
  pid: number
  /** Where data, password and server log are. */
  folder: string
  /** True when a server left by an earlier process was taken over. */
  adopted: boolean
  /** Whether the server is there. It is not after `stop`, or when something killed it. */
  isRunning(): Promise<boolean>
  /** Ends connections, writes everything out and waits until the server is gone. May be called twice. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The hub's data folder; made when missing. The server's folder is `<dataDir>/postgres`. */
  dataDir: string
  log: Logger
  /** The one port to listen on, waited for where it is taken. Without it, that of the last time or another. */
  port?: number
  /** Further server settings, for example `{ fsync: 'off' }` in tests. */
  parameters?: Record<string, string>
}

/** Covers a long crash recovery; a failed start is noticed at once and does not wait for this. */
const startLimitMs = 300_000
/** After a shutdown has lasted this long, connections and checkpoint are cut short. Nothing committed is lost. */
const stopLimitMs = 60_000
/** Time that closing connections get before they are cut. */
const politeMs = 500
/** Time that processes without their server get to end by themselves. */
const orphanLimitMs = 1_000

/**
 * Starts the server of a data folder, or takes over the one found running on it. The caller makes sure that one hub
 * at a time uses a data folder.
 * @throws TorgError `start.refused`: data of another major version, programs missing, or the server's own words.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log } = options
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
  const place = await findPlace(await realpath(options.dataDir), log)
  const data = join(place.folder, 'data')
  await checkMajor(data)
  const installed = await findBinaries()
  const programs = place.user ? await copyBinaries(installed, systemFolder) : await usableInPlace(installed, place.folder)
  if (!await isFile(join(data, 'PG_VERSION'))) await initialise({ programs, place, log })
  const password = await readFile(join(place.folder, 'password'), 'utf8')
  const { pid, port, adopted } = await adoptOrStart({ programs, place, data, password, log, parameters: options.parameters ?? {}, ...(options.port !== undefined && { port: options.port }) })
  await createHubDatabase(port, password)
  log.debug({ pid, port, folder: place.folder }, adopted ? 'Took over the running embedded PostgreSQL' : 'Started the embedded PostgreSQL')

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => stopping ??= stopServer(data, pid, log)
  return { url: address(port, password, 'torg'), port, pid, folder: place.folder, adopted, stop, isRunning: async () => await isServerOf(data, pid) }
}

/** Connection address of the server that runs on this data folder; undefined where none does. Nothing is made or started. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const folder = await realpath(join(dataDir, 'postgres')).catch(() => undefined)
  if (folder === undefined) return undefined
  const data = join(folder, 'data')
  const [found, password] = await Promise.all([readPidFile(data), readFile(join(folder, 'password'), 'utf8').catch(() => undefined)])
  if (!found || password === undefined || !await isServerOf(data, found.pid) || !await answersFor(data, found.port, password)) return undefined
  return address(found.port, password, 'torg')
}

async function checkMajor(data: string): Promise<void> {
  const major = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => postgresMajor)).trim()
  if (major === postgresMajor) return
  throw new TorgError('start.refused', {
    detail: `The data in ${data} was made by PostgreSQL ${major}, but this Torg runs PostgreSQL ${postgresMajor}.`,
    next: `Set DATABASE_URL to a PostgreSQL ${major} server on this data, move the data over with pg_dump and pg_restore, or move the folder away to start with an empty database.`,
  })
}

interface Running { pid: number, port: number, adopted: boolean }

async function adoptOrStart(context: ServerContext): Promise<Running> {
  const { data, password, log } = context
  const deadline = Date.now() + startLimitMs
  let told = Date.now()
  while (Date.now() < deadline) {
    const found = await readPidFile(data)
    if (found && await isServerOf(data, found.pid)) {
      // Refuses while it starts, recovers or stops: then either it answers later or its process ends.
      if (found.port > 0 && await answersFor(data, found.port, password)) return { ...found, adopted: true }
      await sleep(200)
    } else {
      await endOrphans(data, log)
      if (found) await rm(join(data, 'postmaster.pid'), { force: true })
      const started = await startServer(context)
      if (started) return { ...started, adopted: false }
      await sleep(500)
    }
    if (Date.now() - told > 10_000) {
      told = Date.now()
      log.info({ folder: context.place.folder }, 'PostgreSQL is not ready yet: it recovers, or an earlier one is still stopping')
    }
  }
  throw cannotStart(`was not ready within ${startLimitMs / 1000} s`, await logTail(context.place.folder, 0))
}

/** Waits for processes that lost their server, then ends them: their work was never committed. */
async function endOrphans(data: string, log: Logger): Promise<void> {
  const deadline = Date.now() + orphanLimitMs
  while ((await processesIn(data)).length > 0) {
    if (Date.now() > deadline) {
      for (const pid of await processesIn(data)) {
        log.info({ pid }, 'Ending a PostgreSQL process that was left over')
        signal(pid, 'SIGKILL')
      }
    }
    await sleep(50)
  }
}

async function createHubDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: address(port, password, 'postgres') })
  await client.connect()
  try {
    const { rowCount } = await client.query(`select 1 from pg_database where datname = 'torg'`)
    if (rowCount === 0) await client.query('create database torg')
  } finally {
    await client.end()
  }
}

/**
 * Smart shutdown, then fast, then immediate. https://www.postgresql.org/docs/18/server-shutdown.html
 * The first lets connections that are just closing do so, instead of cutting them with an error in the log.
 */
async function stopServer(data: string, pid: number, log: Logger): Promise<void> {
  const began = Date.now()
  const steps: { afterMs: number, name: NodeJS.Signals }[] = [{ afterMs: 0, name: 'SIGTERM' }, { afterMs: politeMs, name: 'SIGINT' }, { afterMs: stopLimitMs, name: 'SIGQUIT' }]
  while (await isServerOf(data, pid)) {
    if (steps[0] && Date.now() - began >= steps[0].afterMs) {
      const { name } = steps[0]
      if (name === 'SIGQUIT') log.warn({ pid }, `PostgreSQL did not stop within ${stopLimitMs / 1000} s and is stopped at once; it recovers at the next start`)
      signal(pid, name)
      steps.shift()
    }
    await sleep(20)
  }
  while (await isEnding(pid)) await sleep(5)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile, which is what was wanted.
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(found => found.isFile(), () => false)
}
