/** A real PostgreSQL for tests: one embedded server for the whole run, started on first use, a fresh database each. */
import { mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { isAlive, isServerOf, readPidFile } from '../../runtime/postgres/processes.ts'
import { afterEverything } from './cleanup.ts'
import { until } from './until.ts'

const prefix = 'torg-test-postgres-'
let server: Promise<EmbeddedPostgres> | undefined
let count = 0

/** A fresh, empty database on the shared server. `drop` ends its connections; without it the database goes at the end. */
export async function createTestDatabase(): Promise<{ url: string, drop(): Promise<void> }> {
  const { url } = await (server ??= startShared())
  const name = `test_${++count}`
  await run(url, `create database ${name}`)
  return {
    url: Object.assign(new URL(url), { pathname: `/${name}` }).href,
    drop: async () => { await run(url, `drop database if exists ${name} with (force)`) },
  }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** A folder for a server's data. What a killed test run leaves of it, server included, is removed by the next. */
export async function makeServerFolder(): Promise<string> {
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), prefix))
  await writeFile(join(dataDir, 'owner'), String(process.pid))
  return dataDir
}

async function startShared(): Promise<EmbeddedPostgres> {
  const dataDir = await makeServerFolder()
  // No test pulls the plug of the machine, which is all that fsync guards against.
  const started = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'warn' }), parameters: { fsync: 'off' } })
  const killAtExit = (): void => { process.kill(started.pid, 'SIGINT') }
  process.once('exit', killAtExit)
  afterEverything(async () => {
    server = undefined
    await started.stop()
    process.off('exit', killAtExit)
    await removeServerFolder(dataDir)
  })
  return started
}

/** Removes what a killed test run left behind, server included. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue
    const dataDir = join(tmpdir(), name)
    const owner = Number(await readFile(join(dataDir, 'owner'), 'utf8').catch(() => process.pid))
    if (await isAlive(owner)) continue
    await removeServerFolder(dataDir)
  }
}

/**
 * Removes a hub's data folder, also where the server's part of it lives elsewhere (as root), and ends the server that a
 * killed hub left. Every test that starts a hub with the embedded database ends with this.
 */
export async function removeServerFolder(dataDir: string): Promise<void> {
  const data = await realpath(join(dataDir, 'postgres', 'data')).catch(() => undefined)
  const left = data === undefined ? undefined : await readPidFile(data)
  if (data !== undefined && left && await isServerOf(data, left.pid)) {
    process.kill(left.pid, 'SIGQUIT')
    await until(async () => !await isServerOf(data, left.pid))
  }
  const elsewhere = await readlink(join(dataDir, 'postgres')).catch(() => undefined)
  for (const folder of [elsewhere, dataDir]) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
