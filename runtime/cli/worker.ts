/** `torg worker`: a process that shares the work of a hub's database. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { TorgError } from '../errors.ts'
import { createLogger } from '../logging.ts'
import { findEmbeddedPostgres } from '../postgres/embedded.ts'
import { readSettings, type Settings } from '../settings.ts'
import { prepareDataFolder } from './data-folder.ts'
import { live, projectFolderOf, type LifeEvents } from './live.ts'

const watchEveryMs = 10_000

export async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { name: { type: 'string' } } })
  const projectFolder = await projectFolderOf(positionals)
  const settings = readSettings({ ...process.env, ...(values.name !== undefined && { TORG_WORKER_NAME: values.name }) }, { projectFolder })
  await prepareDataFolder(settings.dataDir)
  const log = createLogger(settings)
  if (settings.unknown.length > 0) log.warn(`No such setting: ${settings.unknown.join(', ')}. See torg settings.`)
  return await live({
    what: 'worker', log, drainLimitMs: settings.drainLimitMs,
    async start({ fail, isStopping }) {
      const secretKey = settings.secretKey ?? await hubSecretKey(settings)
      const databaseUrl = settings.databaseUrl ?? await findDatabase(settings, fail)
      if (isStopping()) return undefined
      const { startWorker } = await import('../worker.ts')
      const worker = await startWorker({ settings: Object.freeze({ ...settings, secretKey }), projectFolder, databaseUrl, name: settings.workerName, log })
      log.info({ project: projectFolder, name: worker.name }, `The worker ${worker.name} is running`)
      return worker
    },
    abandon: async () => undefined,
  })
}

/** On the hub's own data folder its generated key is there; elsewhere it must be given. */
async function hubSecretKey({ dataDir }: Settings): Promise<string> {
  const key = await readFile(join(dataDir, 'secret-key'), 'utf8').catch(() => '')
  if (key.trim() !== '') return key.trim()
  throw new TorgError('start.refused', {
    detail: `A worker needs the secret key of its hub, and there is none in ${dataDir}.`,
    next: 'Set TORG_SECRET_KEY to the hub\'s, or copy the file secret-key of its data folder.',
  })
}

/** The hub's embedded server, where it runs on this data folder. The hub may start it anew, mostly where it was. */
async function findDatabase({ dataDir }: Settings, fail: LifeEvents['fail']): Promise<string> {
  const url = await findEmbeddedPostgres(dataDir)
  if (url === undefined) {
    throw new TorgError('start.refused', {
      detail: `DATABASE_URL is not set, and no hub runs an embedded PostgreSQL in ${dataDir}.`,
      next: 'Set DATABASE_URL to the hub\'s database, or start the hub of this project on this machine first.',
    })
  }
  void watchAddress(dataDir, url, fail)
  return url
}

async function watchAddress(dataDir: string, url: string, fail: LifeEvents['fail']): Promise<void> {
  for (;;) {
    await sleep(watchEveryMs, undefined, { ref: false })
    const now = await findEmbeddedPostgres(dataDir).catch(() => undefined)
    if (now === undefined || now === url) continue
    fail(new TorgError('start.refused', { detail: 'The hub\'s PostgreSQL has another address now.', next: 'Start the worker again.' }), 'There is no database any more')
    return
  }
}
