/** A worker: shares the work of a hub's database, without editor, intake, stand-ins or a deploy of its own. */
import { createServer } from 'node:http'
import { mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { builtIn } from '../nodes/index.ts'
import { createWorkerApi } from './api/index.ts'
import { TorgError, toTorgError } from './errors.ts'
import { loadConnectors } from './kit/load.ts'
import { disablePlainSources } from './node-red/plain-sources.ts'
import { createReadOnlyStorage, differenceTo, readBasis, readProject, requireDatabase, takeEnvironment, type Basis } from './project/index.ts'
import { createProcess, databaseConnections } from './process.ts'
import { closeServer, listen } from './listening.ts'
import type { Settings } from './settings.ts'
import { openStore } from './store/index.ts'
import { openPresence, type Presence } from './store/presence.ts'
import type { Deployment } from './store/types.ts'
import { readTwinVariables } from './twins/variables.ts'
import { version } from './version.ts'

export interface WorkerOptions {
  settings: Settings & { secretKey: string }
  projectFolder: string
  databaseUrl: string
  /** Its own among the workers of the database. Without it the first free one of `<host>-1`, `<host>-2`, … is taken. */
  name: string | undefined
  log: Logger
}

export interface RunningWorker {
  readonly name: string
  /** See `RunningHub`. */
  blame(error: unknown): boolean
  stop(): Promise<void>
}

/** How often a worker looks whether it still has in common with the hub what it must. */
const lookMs = 5_000
/** Workers without a name on one machine. */
const mostUnnamed = 99

/**
 * Starts a worker. One that may not take work, because it is behind, lacks a connector or has another project folder than its
 * hub, runs all the same: it says why, and goes on when it may.
 * @throws TorgError where settings or project are not valid, or the database is not this project's; nothing is left running then.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { log } = options
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const task of undo.splice(0).reverse()) {
      await task().catch((error: unknown) => { log.error({ err: error }, 'A part of the worker did not stop cleanly') })
    }
  }
  try {
    return { ...await compose(options, undo), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose({ settings, projectFolder, databaseUrl, name, log }: WorkerOptions, undo: (() => Promise<unknown>)[]): Promise<Omit<RunningWorker, 'stop'>> {
  const project = await readProject(projectFolder)
  const connectors = [...builtIn, ...await loadConnectors(projectFolder, project.torg.connectors)]
  const store = await openStore({ databaseUrl, log, poolSize: databaseConnections, migrates: false })
  undo.push(() => store.close())
  await requireDatabase({ store, project })
  const own = { version, project, secretKey: settings.secretKey }
  const environment = await takeEnvironment({ store, name: settings.environment, log })
  undo.push(() => environment.close())

  const presence = await takeName(name, (owner, waitMs) => openPresence({ databaseUrl, log, waitMs, process: { owner, role: 'worker', host: hostname(), pid: process.pid, version, connectors: connectors.map((connector) => connector.name) } }))
  undo.push(() => presence.close())
  const { owner } = presence
  const ended = await store.endLeasesOf(owner)
  if (ended > 0) log.info({ keys: ended }, `The last ${owner} was stopped in the middle of ${ended} keys; they are worked on again`)

  const folder = join(settings.dataDir, 'workers', owner)
  await mkdir(folder, { recursive: true })
  const parts = await createProcess({ settings, project, connectors, databaseUrl, store, presence, environment, owner, folder, log, undo })

  /** Why it takes no work; null: it does. */
  let reason: string | null = 'The flows have not started yet.'
  const api = createWorkerApi({ hub: parts.hub, store, settings, metrics: parts.metrics, log, notReady: () => reason === null ? [] : [reason] })
  const server = createServer(api)
  if (settings.workerPort !== undefined) {
    await listen(server, { host: settings.host, port: settings.workerPort, setting: 'TORG_WORKER_PORT' })
    undo.push(() => closeServer(server))
  }

  const ownTypes = new Set(connectors.flatMap((connector) => connector.nodes.map(({ type }) => type)))
  const flows = await parts.startFlows({
    server, editor: false, storage: createReadOnlyStorage(store),
    shape: (items) => disablePlainSources(items, (type) => ownTypes.has(type)),
  })

  // ------------------------------------------------------------ following the hub

  let active: number | undefined
  /** What was last decided on. */
  let seen: { deployment: number, basis: string } | undefined
  const variables = followVariables(settings.dataDir)

  /** Takes what is deployed, where that may be done here. Returns why not. */
  const take = async (deployment: Deployment | null, basis: Basis | null): Promise<string | null> => {
    const difference = await differenceTo(basis, own)
    if (difference !== null) return difference
    if (deployment === null) return 'Nothing is deployed yet.'
    await variables()
    try {
      parts.check(deployment.flows)
      await flows.load()
      return null
    } catch (thrown) {
      const error = toTorgError(thrown, 'hub.internal')
      if (error.class === 'transient') throw thrown
      return `Deployment ${deployment.id} cannot run here. ${error.message} ${error.next}`
    }
  }

  const look = async (): Promise<void> => {
    const basis = await readBasis(store)
    if (seen && seen.basis === JSON.stringify(basis) && (active === undefined || seen.deployment === active)) return
    const deployment = await store.activeDeployment()
    const why = await take(deployment, basis)
    seen = { deployment: deployment?.id ?? 0, basis: JSON.stringify(basis) }
    if (why !== null) {
      await parts.close()
      presence.describe({ deployment: null, working: false, state: why })
      if (why !== reason) log.warn({ deployment: deployment?.id }, `This worker takes no work. ${why}`)
    } else if (reason !== null && parts.hub.held === undefined) log.info({ deployment: parts.deployment }, `This worker works for deployment ${parts.deployment}`)
    reason = why
  }

  const stopping = new AbortController()
  let hurry = (): void => undefined
  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) => { log.debug({ err: error }, 'it could not be seen what is deployed; it is tried again') })
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookMs)
        hurry = () => { clearTimeout(timer); resolve() }
        if (stopping.signal.aborted) hurry()
      })
    }
  }
  presence.watch((deployment) => {
    active = deployment
    if (deployment !== seen?.deployment) hurry()
  })
  await look()
  const following = follow()
  undo.push(async () => {
    stopping.abort()
    hurry()
    await following
  })
  return { name: owner, blame: (error) => parts.runs.blame(error) }
}

async function takeName(name: string | undefined, open: (owner: string, waitMs?: number) => Promise<Presence>): Promise<Presence> {
  if (name !== undefined) return open(`worker-${name}`)
  const host = hostname().toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  for (let number = 1; number <= mostUnnamed; number += 1) {
    try {
      return await open(`worker-${host}-${number}`, 0)
    } catch (thrown) {
      if (!(thrown instanceof TorgError) || thrown.code !== 'start.refused') throw thrown
    }
  }
  throw new TorgError('start.refused', { detail: `${mostUnnamed} workers without a name run on ${host} already.`, next: 'Name this one: --name <name>.' })
}

/**
 * Where stand-ins run in the hub of this data folder, the flows need the variables they set; a new life of the hub sets new ones. What
 * the environment of this process had at its start stays.
 */
function followVariables(dataDir: string): () => Promise<void> {
  const given = new Set(Object.keys(process.env))
  return async () => {
    for (const [name, value] of Object.entries(await readTwinVariables(dataDir))) if (!given.has(name)) process.env[name] = value
  }
}
