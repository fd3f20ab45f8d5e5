/** A PostgreSQL server of its own for one group of tests, to be restarted, killed and brought back. */
import { pino } from 'pino'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../runtime/postgres/embedded.ts'
import { isAlive } from '../../runtime/postgres/processes.ts'
import { afterEverything } from '../support/cleanup.ts'
import { makeServerFolder, removeServerFolder } from '../support/database.ts'
import { until } from '../support/until.ts'

export interface OwnPostgres {
  /** The database `torg` on it; the same after every start. */
  readonly url: string
  /** Fast shutdown: connections are cut. Resolves when the server is gone. */
  stop(): Promise<void>
  /** `kill -9` of the server itself. */
  kill(): Promise<void>
  start(): Promise<void>
  /** `kill -9` of one of the hub's connections, which makes the server cut all of them and recover. */
  killBackend(): Promise<void>
  /** How many connections each application has. */
  connections(): Promise<Record<string, number>>
}

export async function startOwnPostgres(): Promise<OwnPostgres> {
  const dataDir = await makeServerFolder()
  const launch = () => startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }), parameters: { fsync: 'off' } })
  let server = await launch()
  const killAtExit = (): void => { process.kill(server.pid, 'SIGQUIT') }
  process.once('exit', killAtExit)
  afterEverything(async () => {
    process.off('exit', killAtExit)
    await removeServerFolder(dataDir)
  })
  const { url } = server

  const ask = async <Row extends object>(sql: string): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: url, application_name: 'test' })
    client.on('error', () => { /* Cut together with the rest; the query tells. */ })
    await client.connect()
    try {
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  }
  return {
    url,
    async stop() {
      if (!await server.isRunning()) return
      process.kill(server.pid, 'SIGINT')
      await until(async () => !await server.isRunning(), { limitMs: 60_000, what: 'PostgreSQL has stopped' })
    },
    async kill() {
      process.kill(server.pid, 'SIGKILL')
      await until(async () => !await isAlive(server.pid), { what: 'PostgreSQL is dead' })
    },
    async start() {
      server = await launch()
      if (server.url !== url) throw new Error('PostgreSQL came back at another address')
    },
    async killBackend() {
      const [row] = await ask<{ pid: number }>(`select pid from pg_stat_activity where application_name = 'torg' limit 1`)
      if (!row) throw new Error('the hub has no connection')
      process.kill(row.pid, 'SIGKILL')
    },
    async connections() {
      const rows = await ask<{ name: string, count: number }>(`select application_name as name, count(*)::int as count from pg_stat_activity where backend_type = 'client backend' and application_name <> 'test' group by 1 order by 1`)
      return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
    },
  }
}
