/** Puts the hub together: what works (`process.ts`), twins, the editor, and the HTTP surface on one port. */
import { createServer } from 'node:http'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { extname, join } from 'node:path'
import type { Logger } from 'pino'
import { builtIn } from '../nodes/index.ts'
import { createAdminAuth, createApi, type NodeRedApps } from './api/index.ts'
import { prove } from './completeness/index.ts'
import { TorgError } from './errors.ts'
import type { ConnectorDefinition } from './kit/definition.ts'
import { loadConnectors } from './kit/load.ts'
import { createImports, createThreads } from './imports/index.ts'
import { closeServer, listen } from './listening.ts'
import { rulesTo } from './mapping/format.ts'
import { compileMapping } from './mapping/index.ts'
import { kinds } from './model/index.ts'
import type { EmbeddedNodeRed } from './node-red/embed.ts'
import { addEditorLanguages } from './node-red/editor-languages.ts'
import { createEditorTheme } from './node-red/editor-theme.ts'
import { nodeRed } from './node-red/facade.ts'
import { createStorage, explain, guardDeploys, readProject, reconcile, requireRoleTable, rolesOf, saveBasis, takeDatabase, takeEnvironment } from './project/index.ts'
import { asItems, createProcess, databaseConnections, heldReason, pluginsFolder } from './process.ts'
import { localUrl, type Settings } from './settings.ts'
import { openStore } from './store/index.ts'
import { openPresence } from './store/presence.ts'
import { startTwins } from './twins/index.ts'
import { saveTwinVariables } from './twins/variables.ts'
import { version } from './version.ts'

export interface HubOptions {
  settings: Settings & { secretKey: string }
  projectFolder: string
  databaseUrl: string
  /** Where the embedded database lies, whose disk is watched. */
  databaseFolder?: string
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
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const { log } = options
  const undo: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const task of undo.splice(0).reverse()) {
      await task().catch((error: unknown) => { log.error({ err: error }, 'A part of the hub did not stop cleanly') })
    }
  }
  try {
    const running = await compose({ ...options, undo })
    return { ...running, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose({ settings, projectFolder, databaseUrl, databaseFolder, log, undo }: HubOptions & { undo: (() => Promise<unknown>)[] }): Promise<Omit<RunningHub, 'stop'>> {
  const project = await readProject(projectFolder)
  const connectors: ConnectorDefinition[] = [...builtIn, ...await loadConnectors(projectFolder, project.torg.connectors)]
  await mkdir(settings.dataDir, { recursive: true })

  const store = await openStore({ databaseUrl, log, poolSize: databaseConnections })
  undo.push(() => store.close())
  await takeDatabase({ store, project })
  const environment = await takeEnvironment({ store, name: settings.environment, log })
  undo.push(() => environment.close())
  const owner = await ownerOf(settings.dataDir)
  const presence = await openPresence({ databaseUrl, log, process: { owner, role: 'hub', host: hostname(), pid: process.pid, version, connectors: connectors.map(({ name }) => name) } })
  undo.push(() => presence.close())
  const ended = await store.endLeasesOf(owner)
  if (ended > 0) log.info({ keys: ended }, `The last hub was stopped in the middle of ${ended} keys; they are worked on again`)

  const parts = await createProcess({ settings, project, connectors, databaseUrl, store, presence, environment, owner, folder: settings.dataDir, ...(databaseFolder !== undefined && { databaseFolder }), log, undo })
  const { hub, registry, close, openDeployed } = parts
  const check = (flows: readonly unknown[]): void => {
    parts.check(flows)
    requireRoleTable(flows, parts.flows)
  }

  const threads = createThreads({
    // In a package the runtime is compiled.
    program: new URL(`import-thread${extname(import.meta.filename)}`, import.meta.url), databaseUrl, extensions: project.extensions, lookups: project.lookups, mostAbsent: settings.removeLimit, log,
    save: hub.save, ready: () => hub.accepting,
    // What they match is asked when deliveries are made.
    deployed: () => ({ subscriptions: parts.subscriptions().map(({ id, kind, system, lane, mode = 'live' }) => ({ id, kind, system, lane, mode })), roles: rolesOf(parts.flows) }),
  })
  undo.push(() => threads.close())

  // ------------------------------------------------------------ HTTP, twins, Node-RED

  let apps: NodeRedApps | undefined
  let embedded: EmbeddedNodeRed | undefined
  const api = createApi({
    hub, store, settings, metrics: parts.metrics, log, version, checkFlows: check, environment,
    explain: (what) => explain({ ...what, roles: rolesOf(what.flows), rulesTo }),
    kinds: project.kinds, schemas: new Map([...project.kinds].map(([name, { schema }]) => [name, schema])),
    systems: () => [...registry.systems.values()],
    hint: parts.engine.wake,
    subscription: (id) => registry.subscriptions.get(id), compile: (mapping) => compileMapping(mapping, { lookups: project.lookups }),
    lanes: {
      names: () => parts.engine.states().map(({ lane }) => lane), refresh: parts.engine.refresh,
      nodes: () => [...registry.sources.values(), ...registry.subscriptions.values()].map(({ nodeId: id, lane, node: { type }, name }) => ({ id, lane, type, ...(name !== undefined && { name }) })),
    },
    prove: (options) => prove({
      census: store.census, kinds,
      systems: () => [...registry.systems.values()], sources: () => [...registry.sources.values()], subscriptions: () => [...registry.subscriptions.values()],
      flows: async () => (await store.activeDeployment())?.flows ?? [],
    }, options),
    imports: createImports({
      store, lookups: project.lookups, receive: threads.receive,
      systems: () => [...registry.systems.keys()],
      flows: async () => (await store.activeDeployment())?.flows ?? [],
    }),
    enter: parts.pressure.enter,
    notReady: () => [...(apps ? [] : ['The flows have not started yet.']), parts.pressure.reason() ?? []].flat(),
    deploy: async ({ flows, revision, user }) => {
      if (!embedded || !apps) throw new TorgError('hub.unavailable', 'The flows have not started yet.')
      return { ...await embedded.deploy(asItems(flows), { ...(revision !== null && { revision }), user }), warnings: parts.warningsOf(flows) }
    },
    nodeRed: () => apps,
  })
  // An import takes as long as its file is large; the API bounds the time of every other body itself.
  const server = createServer({ requestTimeout: 0 }, api)
  api.guard.upgrades(server)
  await listen(server, { host: settings.host, port: settings.port, setting: 'TORG_PORT' })
  undo.push(() => closeServer(server))

  const twins = await startTwins({ project, connectors, hubUrl: localUrl(settings), dataDir: join(settings.dataDir, 'twins'), log })
  undo.push(() => twins.close())
  for (const [name, value] of Object.entries(twins.env)) process.env[name] ??= value
  await saveTwinVariables(settings.dataDir, twins.env)
  await saveBasis({ store, version, project, secretKey: settings.secretKey, twins: twins.twins.size > 0 })

  const flows = await parts.startFlows({
    server, editor: true,
    storage: createStorage({ store, project, development: settings.development, log, checkFlows: check, beforeDeploy: close, deployFailed: openDeployed, deployed: parts.deployed }),
    ...(settings.adminPasswordHash !== undefined && { adminAuth: createAdminAuth(settings) }),
    editorTheme: createEditorTheme({ brand: join(pluginsFolder, 'brand'), project: project.name, environment: environment.name }),
  })
  embedded = flows.embedded
  addEditorLanguages(join(pluginsFolder, 'languages'), [{ code: 'nb', name: 'Norsk bokmål' }, { code: 'sv', name: 'Svenska' }])
  const unguard = guardDeploys(nodeRed.runtime.flows, { store, checkFlows: check, log })
  undo.push(async () => { unguard() })
  apps = { admin: embedded.adminApp, nodes: embedded.nodeApp, needsPermission: nodeRed.auth.needsPermission }
  await reconcile({ store, project, development: settings.development, log, checkFlows: check })
  environment.onLetGo(() => { notifyEditor('torg-held', {}) })
  await flows.load()
  if (environment.held) notifyEditor('torg-held', { type: 'warning', text: 'torg-nodes/forms:environment.held', name: environment.name, database: environment.database })
  presence.watch((active) => {
    // Closed, it is deploying itself.
    if (!hub.accepting || active <= parts.deployment) return
    log.info({ deployment: active }, `Deployment ${active} was made by another hub of this database; it is loaded`)
    flows.load().catch((error: unknown) => { log.error({ err: error }, `Deployment ${active} could not be loaded; this hub takes no work. Deploy again, or restart it.`) })
  })
  twins.startDemo()

  return {
    url: settings.publicUrl,
    notices: environment.held ? [`HELD: ${heldReason(environment)}. Nothing is worked on or delivered; let it go with: torg environment adopt`] : [],
    addresses: [{ label: 'Editor', url: `${settings.publicUrl}/editor/` }, ...twins.addresses],
    blame: (error) => parts.runs.blame(error),
  }
}

/** Shows a notice in every open editor, and in those opened later; one without a text takes it away. */
function notifyEditor(id: string, payload: Record<string, unknown>): void {
  nodeRed.events.emit('runtime-event', { id, payload, retain: true })
}

/** Who owns leases: the same in every life of this hub, so that a new life can end what a killed one held. */
async function ownerOf(dataDir: string): Promise<string> {
  const file = join(dataDir, 'owner')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known.trim() !== '') return known.trim()
  const owner = `hub-${randomUUID()}`
  await writeFile(file, `${owner}\n`)
  return owner
}
