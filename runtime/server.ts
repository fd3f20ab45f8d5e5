/** Puts the hub together: store, lanes, Node-RED with the palette, twins, and the HTTP surface on one port. */
import { createServer, type Server } from 'node:http'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { builtIn } from '../nodes/index.ts'
import { createAdminAuth, createApi, createMetrics, type NodeRedApps } from './api/index.ts'
import { TorgError } from './errors.ts'
import { failAt } from './fail-points.ts'
import type { Hub } from './hub.ts'
import { createConfigChecker, type ConfigChecker } from './kit/checker.ts'
import type { ConnectorDefinition } from './kit/definition.ts'
import { loadConnectors } from './kit/load.ts'
import { buildPalette } from './kit/palette.ts'
import { createRegistrar } from './kit/register.ts'
import { createEngine } from './lanes/engine.ts'
import { createHints } from './lanes/hints.ts'
import { createModeDuty } from './lanes/mode-duty.ts'
import { createRetentionDuty } from './lanes/retention-duty.ts'
import { createPoller } from './lanes/poller.ts'
import { createRepairDuty } from './lanes/repair-duty.ts'
import { kinds } from './model/index.ts'
import { requireTypes, startNodeRed, type EmbeddedNodeRed } from './node-red/embed.ts'
import { addEditorLanguages } from './node-red/editor-languages.ts'
import { createEditorTheme } from './node-red/editor-theme.ts'
import { nodeRed, type FlowItem } from './node-red/facade.ts'
import { checkFlows, compileRoles, createStorage, guardDeploys, readProject, reconcile, takeDatabase, takeEnvironment, type Environment } from './project/index.ts'
import { createOpening } from './opening.ts'
import { createRegistry } from './registry.ts'
import { createRunTracker } from './runs/tracker.ts'
import { resolveSecret } from './secrets.ts'
import { localUrl, type Settings } from './settings.ts'
import { openStore } from './store/index.ts'
import { startTwins } from './twins/index.ts'
import { hubRoot, version } from './version.ts'

export interface HubOptions {
  settings: Settings & { secretKey: string }
  projectFolder: string
  databaseUrl: string
  log: Logger
}

export interface RunningHub {
  readonly url: string
  /** What a person may open. */
  readonly addresses: { label: string, url: string }[]
  /** What a person must know before anything else; empty where all is as usual. */
  readonly notices: readonly string[]
  /**
   * For an exception nobody caught: fails the run in whose work it was thrown. False: it was not thrown in a run,
   * so nothing in memory can be trusted.
   */
  blame(error: unknown): boolean
  /** Closes the intake, drains, and stops everything that was started here. */
  stop(): Promise<void>
}

/**
 * Starts the hub on a project.
 * @throws TorgError where settings, project or flows are not valid, or the port is taken; nothing is left running then.
 */
export async function startHub({ settings, projectFolder, databaseUrl, log }: HubOptions): Promise<RunningHub> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const task of undo.splice(0).reverse()) {
      await task().catch((error: unknown) => { log.error({ err: error }, 'A part of the hub did not stop cleanly') })
    }
  }
  try {
    const running = await compose({ settings, projectFolder, databaseUrl, log, undo })
    return { ...running, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose({ settings, projectFolder, databaseUrl, log, undo }: HubOptions & { undo: (() => Promise<unknown>)[] }): Promise<Omit<RunningHub, 'stop'>> {
  const project = await readProject(projectFolder)
  const connectors: ConnectorDefinition[] = [...builtIn, ...await loadConnectors(projectFolder, project.torg.connectors)]
  await mkdir(settings.dataDir, { recursive: true })

  const store = await openStore({ databaseUrl, log, poolSize: databaseConnections })
  undo.push(() => store.close())
  await takeDatabase({ store, project })
  const environment = await takeEnvironment({ store, name: settings.environment, log })
  undo.push(() => environment.close())
  const owner = await ownerOf(settings.dataDir)
  const ended = await store.endLeasesOf(owner)
  if (ended > 0) log.info({ keys: ended }, `The last hub was stopped in the middle of ${ended} keys; they are worked on again`)

  const hints = await createHints({ redisUrl: settings.redisUrl, databaseUrl, log })
  undo.push(() => hints.close())

  const registry = createRegistry()
  const metrics = createMetrics({ depths: () => store.depths(), hints: () => hints.counts(), pool: () => store.connections(), environment: () => environment })
  const runs = createRunTracker({ red: nodeRed, log })
  undo.push(async () => { runs.close() })
  const engine = createEngine({ store, hints, runs, events: metrics, log, owner, concurrency: settings.concurrency })

  let accepting = false
  const opened = Promise.withResolvers<void>()
  const hub: Hub = {
    log, runs,
    registerSystem: registry.registerSystem,
    registerSource: registry.registerSource,
    registerSubscription: registry.registerSubscription,
    sourcesOf: registry.sourcesOf,
    hasSystem: (key) => registry.systems.has(key),
    findSystem: (key) => registry.systems.get(key),
    get accepting() { return accepting },
    get held() { return environment.held ? heldReason(environment) : undefined },
    async receive(message) {
      const received = await store.receive(message)
      failAt('message-stored')
      metrics.received({ lane: message.lane, duplicate: received.duplicate })
      if (!received.duplicate) engine.wake(message.lane)
      return received
    },
    async save(writes) {
      const outcomes = await store.save(writes)
      failAt('record-saved')
      for (const lane of new Set(outcomes.flatMap(({ lanes }) => lanes))) engine.wake(lane)
      return outcomes
    },
    find: (kind, by) => store.find(kind, by),
    resolveSecret,
    publicUrl: settings.publicUrl,
    project,
    types: wireTypes(connectors),
  }
  const modeDuty = createModeDuty({ store, wake: engine.wake, log })
  const repairDuty = createRepairDuty({ store, portion: settings.concurrency * repairFactor, wake: engine.wake, log })
  const retentionDuty = createRetentionDuty({ store, ...settings, removed: metrics.removedOld, log })
  let duties: { stop: AbortController, ended: Promise<unknown> } = { stop: new AbortController(), ended: Promise.resolve() }
  const poller = createPoller({ store, receive: (message) => hub.receive(message), log })

  // ------------------------------------------------------------ deploy

  /** Nothing new is taken, what runs ends or is interrupted; then Node-RED may stop nodes. */
  const close = async (): Promise<void> => {
    accepting = false
    await opening.halt()
    duties.stop.abort()
    await Promise.all([poller.close(), duties.ended])
    const interrupted = await engine.close(settings.drainLimitMs)
    if (interrupted > 0) log.warn({ runs: interrupted }, `${interrupted} runs had not ended after ${settings.drainLimitMs / 1000} s and were interrupted; they run again`)
  }
  const opening = createOpening(async (signal) => {
    const deployment = await store.activeDeployment()
    const subscriptions = [...registry.subscriptions.values()]
    await store.configure({
      subscriptions: subscriptions.map(({ nodeId, kind, system, lane, mode = 'live', matches }) => ({ id: nodeId, kind, system: system.key, lane, mode, matches })),
      roles: compileRoles(project.roles),
      kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])),
    })
    if (signal.aborted) return
    await engine.open({ deployment: deployment?.id ?? 0, sources: new Map(registry.sources), subscriptions: new Map(registry.subscriptions), ...(environment.held && { held: `held: ${heldReason(environment)}` }) })
    if (signal.aborted) return
    accepting = true
    if (environment.held) return
    poller.open(registry.sources.values())
    const stop = new AbortController()
    duties = { stop, ended: Promise.all([modeDuty, repairDuty, retentionDuty].map((duty) => duty.run(stop.signal))) }
  }, log)
  const openDeployed = (): void => {
    opening.open().then(opened.resolve, (error: unknown) => {
      log.error({ err: error }, 'The deployed flows could not be opened for work. Deploy again, or restart the hub.')
      opened.reject(error)
    })
  }
  const configChecker: ConfigChecker = createConfigChecker(connectors)
  const check = (flows: readonly unknown[]): void => {
    checkFlows(flows, { configChecker, env: process.env, kinds: [...kinds.keys()], roles: project.roles, project })
    requireTypes(asItems(flows))
  }

  // ------------------------------------------------------------ HTTP, twins, Node-RED

  let apps: NodeRedApps | undefined
  let embedded: EmbeddedNodeRed | undefined
  const api = createApi({
    hub, store, settings, metrics, log, version, checkFlows: check, environment,
    schemas: new Map([...kinds].map(([name, { schema }]) => [name, schema])),
    systems: () => [...registry.systems.values()],
    hint: engine.wake,
    notReady: () => apps ? [] : ['The flows have not started yet.'],
    deploy: async ({ flows, revision, user }) => {
      if (!embedded || !apps) throw new TorgError('hub.unavailable', 'The flows have not started yet.')
      return embedded.deploy(asItems(flows), { ...(revision !== null && { revision }), user })
    },
    nodeRed: () => apps,
  })
  const server = createServer(api)
  api.guard.upgrades(server)
  await listen(server, settings)
  undo.push(() => closeServer(server))

  const twins = await startTwins({ project, connectors, hubUrl: localUrl(settings), dataDir: join(settings.dataDir, 'twins'), log })
  undo.push(() => twins.close())
  for (const [name, value] of Object.entries(twins.env)) process.env[name] ??= value

  const plugins = join(hubRoot, 'editor-plugins')
  const paletteDir = join(settings.dataDir, 'palette')
  buildPalette({ connectors, outDir: paletteDir, kinds: [...kinds.keys()], pluginsDir: plugins, version })
  const userDir = join(settings.dataDir, 'node-red')
  await mkdir(userDir, { recursive: true })

  /** Node-RED starts without flows: only then is known which node types there are, and so whether the flows may run. */
  let loaded = false
  const storage = createStorage({ store, project, development: settings.development, log, checkFlows: check, beforeDeploy: close, deployFailed: openDeployed })
  const running = embedded = await startNodeRed({
    server, userDir, nodesDirs: [paletteDir], editor: true, log: log.child({ part: 'node-red' }),
    credentialSecret: settings.secretKey,
    storage: {
      ...storage,
      // Also what "Restart flows" in the editor asks for, which drains like a deploy.
      async getFlows() {
        if (!loaded) return []
        if (accepting) await close()
        return asItems(await storage.getFlows())
      },
      async getCredentials() { return loaded ? storage.getCredentials() : {} },
    },
    settings: { torg: hub, torgNodes: createRegistrar({ hub, connectors }) },
    ...(settings.adminPasswordHash !== undefined && { adminAuth: createAdminAuth(settings) }),
    editorTheme: createEditorTheme({ brand: join(plugins, 'brand'), project: project.name, environment: environment.name }),
  })
  addEditorLanguages(join(plugins, 'languages'), [{ code: 'nb', name: 'Norsk bokmål' }, { code: 'sv', name: 'Svenska' }])
  undo.push(() => running.stop())
  const unguard = guardDeploys(nodeRed.runtime.flows, { store, checkFlows: check, log })
  undo.push(async () => { unguard() })
  // Undone first: runs end while their nodes still live.
  undo.push(close)
  apps = { admin: running.adminApp, nodes: running.nodeApp, needsPermission: nodeRed.auth.needsPermission }
  await reconcile({ store, project, development: settings.development, log, checkFlows: check })
  // Node-RED tells late that it has started without flows: heard as if the deployed ones had, it would open them twice.
  await running.started
  nodeRed.events.on('flows:started', openDeployed)
  undo.push(async () => { nodeRed.events.removeListener('flows:started', openDeployed) })
  environment.onLetGo(() => {
    notifyEditor('torg-held', {})
    // Let go before there are flows to open, it is open when they are.
    if (loaded) openDeployed()
  })
  loaded = true
  await running.reload()
  await opened.promise
  if (environment.held) notifyEditor('torg-held', { type: 'warning', text: 'torg-nodes/forms:environment.held', name: environment.name, database: environment.database })
  twins.startDemo()

  return {
    url: settings.publicUrl,
    notices: environment.held ? [`HELD: ${heldReason(environment)}. Nothing is worked on or delivered; let it go with: torg environment adopt`] : [],
    addresses: [{ label: 'Editor', url: `${settings.publicUrl}/editor/` }, ...twins.addresses],
    blame: (error) => runs.blame(error),
  }
}

const heldReason = ({ database }: Environment): string => `the database belongs to the environment "${database}"`

/** Shows a notice in every open editor, and in those opened later; one without a text takes it away. */
function notifyEditor(id: string, payload: Record<string, unknown>): void {
  nodeRed.events.emit('runtime-event', { id, payload, retain: true })
}

/** Checked flows as Node-RED's: each has an id and a type. The order of keys stays, for the revision. */
const asItems = (flows: readonly unknown[]): FlowItem[] => flows.map((item) => {
  const node: Record<string, unknown> = { ...(typeof item === 'object' ? item : {}) }
  return { ...node, id: String(node['id'] ?? ''), type: String(node['type'] ?? '') }
})

/** The batching writers take four, claims one per lane that works at the same time. */
const databaseConnections = 20

/** Of a repair so many are under way at once for each key a lane works on. */
const repairFactor = 4

/** Who owns leases: the same in every life of this hub, so that a new life can end what a killed one held. */
async function ownerOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'owner')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known.trim() !== '') return known.trim()
  const owner = `hub-${randomUUID()}`
  await writeFile(file, `${owner}\n`)
  return owner
}

function wireTypes(connectors: readonly ConnectorDefinition[]): ReadonlyMap<string, Record<string, unknown>> {
  return new Map(connectors.flatMap(({ types = {} }) => Object.entries(types).map(([name, { schema }]): [string, Record<string, unknown>] => [name, { ...schema }])))
}

function listen(server: Server, { host, port }: Pick<Settings, 'host' | 'port'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new TorgError('settings.invalid', cause.code === 'EADDRINUSE'
        ? { detail: `Port ${port} on ${host} is taken.`, next: 'Stop what listens there, or choose another port with TORG_PORT.', cause }
        : { detail: `The hub cannot listen on ${host}:${port}: ${cause.message}.`, next: 'Correct TORG_HOST or TORG_PORT.', cause }))
    })
    server.listen(port, host, () => { server.removeAllListeners('error'); resolve() })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
