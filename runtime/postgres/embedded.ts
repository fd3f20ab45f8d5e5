/**
 * The PostgreSQL that runs when no DATABASE_URL is given. It outlives a killed hub and is adopted by the next start,
 * so nothing is orphaned and nothing starts twice on the same data.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, open, readFile, readdir, realpath, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import { copyBinaries, findBinaries, postgresMajor, usableInPlace } from './binaries.ts'
import { findPlace, systemFolder, type Place } from './place.ts'
import { isServerOf, processesIn, readPidFile } from './processes.ts'

export interface EmbeddedPostgres {
  /** Connection address of the database `torg`, with password. */
  url: string
  /** Process id of the server. */
  pid: number
  /** Where data, password and server log are. */
  folder: string
  /** True when a server left by an earlier process was taken over. */
  adopted: boolean
  /** Ends connections, writes everything out and waits until the server is gone. May be called twice. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The hub's data folder; made when missing. The server's folder is `<dataDir>/postgres`. */
  dataDir: string
  log: Logger
  /** Further server settings, for example `{ fsync: 'off' }` in tests. */
  parameters?: Record<string, string>
}

/** Covers a long crash recovery; a failed start is noticed at once and does not wait for this. */
const startLimitMs = 300_000
/** After a fast shutdown has lasted this long, connections and checkpoint are cut short. Nothing committed is lost. */
const stopLimitMs = 60_000
/** Time that processes without their server get to end by themselves. */
const orphanLimitMs = 5_000
const logLimitBytes = 10_000_000

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
  if (!await isFile(join(data, 'PG_VERSION'))) await initialise(programs, place, log)
  const password = await readFile(join(place.folder, 'password'), 'utf8')
  const { pid, port, adopted } = await adoptOrStart({ programs, place, data, password, log, parameters: options.parameters ?? {} })
  await createHubDatabase(port, password)
  log.debug({ pid, port, folder: place.folder }, adopted ? 'Took over the running embedded PostgreSQL' : 'Started the embedded PostgreSQL')

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => stopping ??= stopServer(data, pid, log)
  return { url: address(port, password, 'torg'), pid, folder: place.folder, adopted, stop }
}

async function checkMajor(data: string): Promise<void> {
  const major = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => postgresMajor)).trim()
  if (major === postgresMajor) return
  throw new TorgError('start.refused', {
    detail: `The data in ${data} was made by PostgreSQL ${major}, but this Torg runs PostgreSQL ${postgresMajor}.`,
    next: `Set DATABASE_URL to a PostgreSQL ${major} server on this data, move the data over with pg_dump and pg_restore, or move the folder away to start with an empty database.`,
  })
}

/** Makes the data folder under another name and renames it when complete: an interrupted one is never mistaken for data. */
async function initialise(programs: string, place: Place, log: Logger): Promise<void> {
  for (const name of await readdir(place.folder)) {
    if (name.startsWith('draft-')) await rm(join(place.folder, name), { recursive: true, force: true })
  }
  const draft = join(place.folder, `draft-${randomBytes(6).toString('hex')}`)
  const passwordFile = join(place.folder, 'password')
  await rm(passwordFile, { force: true })
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
  if (place.user) await chown(passwordFile, place.user.uid, place.user.gid)
  log.info({ folder: place.folder }, 'Making a new PostgreSQL database')
  // The builtin C.UTF-8 locale sorts by code point on every machine, yet knows upper and lower case beyond ASCII.
  const args = ['-D', draft, '-U', 'torg', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C',
    '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions']
  const child = spawn(join(programs, 'bin', 'initdb'), args, { ...spawnOptions(place), stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  const code = await new Promise(resolve => child.on('error', resolve).on('close', resolve))
  if (code !== 0) {
    await rm(draft, { recursive: true, force: true })
    throw cannotStart(`could not make its data folder ${place.folder}: ${said.trim() || String(code)}`)
  }
  await rename(draft, join(place.folder, 'data'))
}

interface StartContext { programs: string, place: Place, data: string, password: string, log: Logger, parameters: Record<string, string> }
interface Running { pid: number, port: number, adopted: boolean }

async function adoptOrStart(context: StartContext): Promise<Running> {
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

/** One attempt; undefined when it is worth another (port taken meanwhile, the last server not yet gone). */
async function startServer(context: StartContext): Promise<{ pid: number, port: number } | undefined> {
  const { programs, place, data, password, parameters } = context
  const logFile = join(place.folder, 'server.log')
  const size = await stat(logFile).then(found => found.size, () => 0)
  if (size > logLimitBytes) await truncate(logFile)
  const output = await open(logFile, 'a', 0o600)
  const from = (await output.stat()).size
  const port = await freePort(await readFile(join(place.folder, 'port'), 'utf8').then(Number, () => 0))
  const settings = {
    listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', max_connections: '200',
    log_line_prefix: '%m [%p] ', timezone: 'UTC', log_timezone: 'UTC', ...parameters,
  }
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  // Detached: its own process group, so that Ctrl-C in the terminal does not stop it before the hub has drained.
  // Output to a file: a pipe would break when the hub is killed.
  const child = spawn(join(programs, 'bin', 'postgres'), args, { ...spawnOptions(place), detached: true, stdio: ['ignore', output.fd, output.fd] })
  let ended: string | undefined
  child.on('error', error => { ended = error.message })
  child.on('exit', (code, killedBy) => { ended = `ended with ${killedBy ?? code}` })
  child.unref()
  await output.close()
  while (ended === undefined) {
    if (child.pid !== undefined && await answersFor(data, port, password)) {
      await writeFile(join(place.folder, 'port'), String(port))
      return { pid: child.pid, port }
    }
    await sleep(50)
  }
  const said = await logTail(place.folder, from)
  if (/could not bind|could not create any TCP|lock file|shared memory block/i.test(said)) return undefined
  throw cannotStart(ended, said)
}

/** Whether the server of this data folder takes connections on this port. */
async function answersFor(data: string, port: number, password: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: address(port, password, 'postgres'), connectionTimeoutMillis: 5_000 })
  client.on('error', () => { /* A connection cut while the server stops shows in the result. */ })
  try {
    await client.connect()
    const { rows } = await client.query<{ data_directory: string }>('show data_directory')
    return rows[0]?.data_directory === data || process.platform === 'win32'
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
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

async function stopServer(data: string, pid: number, log: Logger): Promise<void> {
  const deadline = Date.now() + stopLimitMs
  let urged = false
  // https://www.postgresql.org/docs/18/server-shutdown.html: SIGINT is the fast shutdown, SIGQUIT the immediate one.
  if (await isServerOf(data, pid)) signal(pid, 'SIGINT')
  while (await isServerOf(data, pid)) {
    if (Date.now() > deadline && !urged) {
      urged = true
      log.warn({ pid }, `PostgreSQL did not stop within ${stopLimitMs / 1000} s and is stopped at once; it recovers at the next start`)
      signal(pid, 'SIGQUIT')
    }
    await sleep(30)
  }
}

/** The server gets none of the hub's environment: it holds secrets, and PG* variables that would change its defaults. */
function spawnOptions(place: Place): { cwd: string, env: NodeJS.ProcessEnv, uid?: number, gid?: number } {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR', 'LD_LIBRARY_PATH']
  const env = Object.fromEntries(kept.flatMap(name => process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return { cwd: place.folder, env: { ...env, LC_ALL: 'C', TZ: 'UTC' }, ...place.user }
}

/** The wished port when it is free, else any free one. Someone may still take it before the server does. */
async function freePort(wished: number): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', error => { if (wished > 0) resolve(freePort(0)); else reject(error) })
    probe.listen({ port: wished, host: '127.0.0.1' }, () => {
      const bound = probe.address()
      const port = typeof bound === 'object' && bound ? bound.port : 0
      probe.close(() => { resolve(port) })
    })
  })
}

async function logTail(folder: string, from: number): Promise<string> {
  const text = await readFile(join(folder, 'server.log')).then(bytes => bytes.subarray(from).toString(), () => '')
  return text.trim().split('\n').slice(-8).join('\n')
}

function cannotStart(reason: string, said = ''): TorgError {
  return new TorgError('start.refused', {
    detail: `The embedded PostgreSQL ${reason}${said === '' ? '.' : `:\n${said}`}`,
    next: 'Correct what its log says, or set DATABASE_URL to a PostgreSQL of your own.',
  })
}

function address(port: number, password: string, database: string): string {
  return `postgres://torg:${password}@127.0.0.1:${port}/${database}`
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
