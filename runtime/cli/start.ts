/** `torg start`: one process with everything a project needs, stopped in the reverse order. */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { TorgError, toTorgError } from '../errors.ts'
import { createLogger } from '../logging.ts'
import { startEmbeddedPostgres } from '../postgres/embedded.ts'
import { superviseServer, type SupervisedServer } from '../postgres/supervise.ts'
import type { RunningHub } from '../server.ts'
import { readSettings, type Settings } from '../settings.ts'
import { keptSecretKey, prepareDataFolder } from './data-folder.ts'
import { takeInstanceLock } from './instance-lock.ts'
import { listenForStop } from './signals.ts'
import { onlyArgument, print } from './usage.ts'

/** Exit codes: 0 after a stop that was asked for, 1 when start, run or stop failed, 130 when forced. */
const forcedExit = 130

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { development: { type: 'boolean' } } })
  const projectFolder = resolve(onlyArgument(positionals, 'project folder'))
  if (!await stat(projectFolder).then(found => found.isDirectory(), () => false)) {
    throw new TorgError('start.refused', { detail: `There is no project folder ${projectFolder}.`, next: `Make one with: torg init ${positionals[0]}` })
  }
  const settings = readSettings(process.env, { projectFolder, ...(values.development && { development: true }) })
  await prepareDataFolder(settings.dataDir)
  const releaseLock = await takeInstanceLock(settings.dataDir)
  process.stdout.on('error', () => { /* A closed terminal is no reason to end without draining. */ })
  const log = createLogger(settings)
  const secretKey = settings.secretKey ?? await keptSecretKey(settings.dataDir)
  if (settings.unknown.length > 0) log.warn(`No such setting: ${settings.unknown.join(', ')}. See torg settings.`)
  return await live({ settings: Object.freeze({ ...settings, secretKey }), projectFolder, log, releaseLock })
}

interface Life { settings: Settings & { secretKey: string }, projectFolder: string, log: Logger, releaseLock: () => Promise<void> }

async function live({ settings, projectFolder, log, releaseLock }: Life): Promise<number> {
  let postgres: SupervisedServer | undefined
  const undo: { what: string, task(): Promise<void> }[] = [{ what: 'the lock', task: releaseLock }]
  const stops = listenForStop(() => {
    log.warn('Stopped at once; open runs are run again at the next start')
    // The database still ends cleanly, on its own: nobody waits for it.
    try {
      if (postgres) process.kill(postgres.pid, 'SIGINT')
    } catch { /* It ended by itself and was about to be started again. */ }
    void releaseLock().finally(() => process.exit(forcedExit))
  })
  let failing = false
  const fail = (thrown: unknown, what: string): void => {
    if (failing) return
    failing = true
    log.fatal({ err: thrown }, `${what}. The hub ends; what it has acknowledged is kept and goes on at the next start. Report this line if it comes again.`)
    // What else is in memory cannot be trusted now, so only the server outside of it is stopped.
    void Promise.resolve(postgres?.stop()).then(releaseLock).finally(() => process.exit(1))
  }
  let hub: RunningHub | undefined
  // One flow's failure is that run's; the hub goes on.
  process.on('uncaughtException', error => { if (!hub?.blame(error)) fail(error, 'An error was not handled') })
  process.on('unhandledRejection', error => { if (!hub?.blame(error)) fail(error, 'A rejection was not handled') })

  let code = 0
  try {
    let databaseUrl = settings.databaseUrl
    let databaseFolder: string | undefined
    if (databaseUrl === undefined) {
      const started = await startEmbeddedPostgres({ dataDir: settings.dataDir, log })
      databaseUrl = started.url
      databaseFolder = started.folder
      if (started.adopted) log.info('The last hub was killed and left its PostgreSQL running; it is used again')
      const server = postgres = superviseServer(started, { start: () => startEmbeddedPostgres({ dataDir: settings.dataDir, port: started.port, log }), log })
      undo.push({ what: 'PostgreSQL', task: () => server.stop() })
    }
    if (stops.requested === undefined) {
      const { startHub } = await import('../server.ts')
      const started = hub = await startHub({ settings, projectFolder, databaseUrl, ...(databaseFolder !== undefined && { databaseFolder }), log })
      undo.push({ what: 'the hub', task: () => started.stop() })
      if (stops.requested === undefined) announce(started, { settings, projectFolder, log })
      await stops.first
    }
    log.info(`Stopping: open runs get ${settings.drainLimitMs / 1000} s to end. Ctrl-C again stops at once.`)
  } catch (thrown) {
    code = 1
    const error = toTorgError(thrown, 'hub.internal')
    log.fatal(thrown instanceof TorgError ? { code: error.code, ...(error.errors && error.errors.length > 1 && { errors: error.errors }) } : { err: thrown }, `The hub could not start. ${error.message} ${error.next}`)
  }
  for (const { what, task } of undo.reverse()) {
    await task().catch((error: unknown) => {
      code = 1
      log.error({ err: error }, `Stopping ${what} failed`)
    })
  }
  stops.close()
  if (code === 0) log.info('Stopped')
  // Palette nodes may hold timers and sockets of their own.
  process.exit(code)
}

function announce({ addresses, notices }: Pick<RunningHub, 'addresses' | 'notices'>, { settings, projectFolder, log }: Pick<Life, 'settings' | 'projectFolder' | 'log'>): void {
  if (settings.logFormat === 'json') {
    log.info({ project: projectFolder, addresses: Object.fromEntries(addresses.map(({ label, url }) => [label, url])), ...(notices.length > 0 && { notices }) }, 'Torg is running')
    return
  }
  const width = Math.max(...addresses.map(({ label }) => label.length))
  print(['', `  Torg is running: ${basename(projectFolder)}`, '', ...addresses.map(({ label, url }) => `    ${label.padEnd(width)}  ${url}`), ...notices.flatMap(notice => ['', `  ${notice}`]), '', '  Ctrl-C drains and stops everything.', ''].join('\n'))
}
