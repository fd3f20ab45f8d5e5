/** `torg start`: one process with everything a project needs, stopped in the reverse order. */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { createLogger } from '../logging.ts'
import { startEmbeddedPostgres } from '../postgres/embedded.ts'
import { superviseServer, type SupervisedServer } from '../postgres/supervise.ts'
import type { RunningHub } from '../server.ts'
import { readSettings, type Settings } from '../settings.ts'
import { keptSecretKey, prepareDataFolder } from './data-folder.ts'
import { takeInstanceLock } from './instance-lock.ts'
import { live, projectFolderOf } from './live.ts'
import { print } from './usage.ts'

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { development: { type: 'boolean' } } })
  const projectFolder = await projectFolderOf(positionals)
  const settings = readSettings(process.env, { projectFolder, ...(values.development && { development: true }) })
  await prepareDataFolder(settings.dataDir)
  const releaseLock = await takeInstanceLock(settings.dataDir)
  const log = createLogger(settings)
  const secretKey = settings.secretKey ?? await keptSecretKey(settings.dataDir)
  if (settings.unknown.length > 0) log.warn(`No such setting: ${settings.unknown.join(', ')}. See torg settings.`)
  let postgres: SupervisedServer | undefined

  return await live({
    what: 'hub', log, drainLimitMs: settings.drainLimitMs,
    async start({ undo, isStopping }) {
      undo('the lock', releaseLock)
      let { databaseUrl } = settings
      let databaseFolder: string | undefined
      if (databaseUrl === undefined) {
        const started = await startEmbeddedPostgres({ dataDir: settings.dataDir, log })
        databaseUrl = started.url
        databaseFolder = started.folder
        if (started.adopted) log.info('The last hub was killed and left its PostgreSQL running; it is used again')
        const server = postgres = superviseServer(started, { start: () => startEmbeddedPostgres({ dataDir: settings.dataDir, port: started.port, log }), log })
        undo('PostgreSQL', () => server.stop())
      }
      if (isStopping()) return undefined
      const { startHub } = await import('../server.ts')
      const hub = await startHub({ settings: Object.freeze({ ...settings, secretKey }), projectFolder, databaseUrl, ...(databaseFolder !== undefined && { databaseFolder }), log })
      if (!isStopping()) announce(hub, { settings, projectFolder, log })
      return hub
    },
    async abandon(why) {
      if (why === 'failed') await postgres?.stop()
      else if (postgres) {
        // Forced, the database still ends cleanly, on its own: nobody waits for it.
        try {
          process.kill(postgres.pid, 'SIGINT')
        } catch { /* It ended by itself and was about to be started again. */ }
      }
      await releaseLock()
    },
  })
}

function announce({ addresses, notices }: Pick<RunningHub, 'addresses' | 'notices'>, { settings, projectFolder, log }: { settings: Settings, projectFolder: string, log: Logger }): void {
  if (settings.logFormat === 'json') {
    log.info({ project: projectFolder, addresses: Object.fromEntries(addresses.map(({ label, url }) => [label, url])), ...(notices.length > 0 && { notices }) }, 'Torg is running')
    return
  }
  const width = Math.max(...addresses.map(({ label }) => label.length))
  print(['', `  Torg is running: ${basename(projectFolder)}`, '', ...addresses.map(({ label, url }) => `    ${label.padEnd(width)}  ${url}`), ...notices.flatMap(notice => ['', `  ${notice}`]), '', '  Ctrl-C drains and stops everything.', ''].join('\n'))
}
