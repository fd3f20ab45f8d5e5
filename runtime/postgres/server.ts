/** The programs of the embedded server: making a data folder, one attempt to start, asking whether it answers. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, open, readFile, readdir, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from 'pino'
import { TorgError } from '../errors.ts'
import type { Place } from './place.ts'

const logLimitBytes = 10_000_000

export interface ServerContext {
  /** Folder with `bin`, `lib` and `share`. */
  programs: string
  place: Place
  /** The data folder, `data` in the place. */
  data: string
  password: string
  log: Logger
  /** The one port to listen on. Without it, that of the last time or another. */
  port?: number
  /** Further server settings. */
  parameters: Record<string, string>
}

/** Makes the data folder under another name and renames it when complete: an interrupted one is never mistaken for data. */
export async function initialise({ programs, place, log }: Pick<ServerContext, 'programs' | 'place' | 'log'>): Promise<void> {
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

/** One attempt; undefined when it is worth another (port taken meanwhile, the last server not yet gone). */
export async function startServer(context: ServerContext): Promise<{ pid: number, port: number } | undefined> {
  const { programs, place, data, password, parameters } = context
  const logFile = join(place.folder, 'server.log')
  const size = await stat(logFile).then(found => found.size, () => 0)
  if (size > logLimitBytes) await truncate(logFile)
  const output = await open(logFile, 'a', 0o600)
  const from = (await output.stat()).size
  const port = context.port ?? await freePort(await readFile(join(place.folder, 'port'), 'utf8').then(Number, () => 0))
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
export async function answersFor(data: string, port: number, password: string): Promise<boolean> {
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

/** The last lines the server logged after a position. */
export async function logTail(folder: string, from: number): Promise<string> {
  const text = await readFile(join(folder, 'server.log')).then(bytes => bytes.subarray(from).toString(), () => '')
  return text.trim().split('\n').slice(-8).join('\n')
}

export function cannotStart(reason: string, said = ''): TorgError {
  return new TorgError('start.refused', {
    detail: `The embedded PostgreSQL ${reason}${said === '' ? '.' : `:\n${said}`}`,
    next: 'Correct what its log says, or set DATABASE_URL to a PostgreSQL of your own.',
  })
}

/** Connection address of a database. */
export function address(port: number, password: string, database: string): string {
  return `postgres://torg:${password}@127.0.0.1:${port}/${database}`
}
