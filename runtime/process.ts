/** What hub and worker have in common: the lanes with their engine, the duties, and the deployed flows in Node-RED. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createMetrics } from './api/index.ts'
import { failAt } from './fail-points.ts'
import type { Hub } from './hub.ts'
import { createRemovalDuty } from './imports/index.ts'
import { createConfigChecker } from './kit/checker.ts'
import type { ConnectorDefinition } from './kit/definition.ts'
import { buildPalette } from './kit/palette.ts'
import { createRegistrar } from './kit/register.ts'
import { createDuties, type Duty } from './lanes/duties.ts'
import { createEngine } from './lanes/engine.ts'
import { createHints } from './lanes/hints.ts'
import { createIndexDuty } from './lanes/index-duty.ts'
import { createKeyDuty } from './lanes/key-duty.ts'
import { createLookDuty } from './lanes/look-duty.ts'
import { createModeDuty } from './lanes/mode-duty.ts'
import { createPolls } from './lanes/polls.ts'
import { createRepairDuty } from './lanes/repair-duty.ts'
import { createErasureDuty } from './lanes/erasure-duty.ts'
import { createTurnDuty } from './lanes/turn-duty.ts'
import { createRetentionDuty } from './lanes/retention-duty.ts'
import { kinds } from './model/index.ts'
import { createAnalyser, factsOf, refuseErrors } from './analysis/index.ts'
import { requireTypes, startNodeRed, type EmbeddedNodeRed, type NodeRedOptions } from './node-red/embed.ts'
import { nodeRed, type FlowItem, type StorageModule } from './node-red/facade.ts'
import { createOpening } from './opening.ts'
import { compileReader, compileRoles, describeFinding, isRoleTable, rolesOf, type Environment, type Project } from './project/index.ts'
import { createPressure } from './pressure.ts'
import { createRegistry } from './registry.ts'
import { createRunTracker } from './runs/tracker.ts'
import { resolveSecret } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Presence } from './store/presence.ts'
import type { Deployment, Store, Subscription } from './store/types.ts'
import { hubRoot, version } from './version.ts'

export interface ProcessOptions {
  settings: Settings & { secretKey: string }
  project: Project
  connectors: readonly ConnectorDefinition[]
  databaseUrl: string
  store: Store
  presence: Presence
  environment: Environment
  /** Of its leases and duties. */
  owner: string
  /** Of this process alone: the palette it generates and Node-RED's own files. */
  folder: string
  /** Where the embedded database lies, whose disk is watched. */
  databaseFolder?: string
  log: Logger
  /** What stopping undoes, newest first. */
  undo: (() => Promise<unknown>)[]
}

/** The editor's plugins, beside the runtime. */
export const pluginsFolder = join(hubRoot, 'editor-plugins')

/** The batching writers take four, claims one per lane that works at the same time. */
export const databaseConnections = 20

/** Of a repair so many at most are handed over at once for each key a lane works on. */
const repairFactor = 8

/** Makes the parts; nothing works before `startFlows`. */
export async function createProcess({ settings, project, connectors, databaseUrl, store, presence, environment, owner, folder, databaseFolder = folder, log, undo }: ProcessOptions) {
  const definitions = factsOf(connectors)
  const hints = await createHints({ redisUrl: settings.redisUrl, databaseUrl, log })
  undo.push(() => hints.close())

  const pressure = await createPressure({ ...settings, folders: [folder, databaseFolder], log })
  undo.push(() => pressure.close())

  const registry = createRegistry()
  const metrics = createMetrics({ depths: () => store.depths(), decisions: () => store.decisions(), hints: () => hints.counts(), pool: () => store.connections(), pressure: pressure.facts, processes: () => store.processes(), environment: () => environment, lanes: () => engine.states() })
  const runs = createRunTracker({ red: nodeRed, log })
  undo.push(async () => { runs.close() })
  const engine = createEngine({ store, hints, runs, events: metrics, log, owner, concurrency: settings.concurrency, presence })
  store.handOver(engine.taker)
  const duties = createDuties({ store, owner, log })

  let accepting = false
  /** The deployment whose flows Node-RED has, or is being given. */
  let current: Deployment | null = null

  const stored = await store.activeDeployment()
  /** Whose role table holds for what is read before the flows are loaded. */
  const before = stored?.flows.some(isRoleTable) ? stored.flows : project.flows
  const readers = createReaders(() => current?.flows ?? before)

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
      const received = await pressure.watch(() => store.receive(message))
      failAt('message-stored')
      metrics.received({ lane: message.lane, duplicate: received.duplicate })
      if (!received.duplicate && !received.taken) engine.wake(message.lane)
      return received
    },
    async save(writes) {
      const outcomes = await pressure.watch(() => store.save(writes))
      failAt('record-saved')
      for (const lane of new Set(outcomes.flatMap(({ lanes }) => lanes))) engine.wake(lane)
      return outcomes
    },
    find: (kind, by) => store.find(kind, by),
    readerOf: (kind, system) => readers(kind, system),
    resolveSecret,
    publicUrl: settings.publicUrl,
    project,
    types: definitions.wireTypes,
  }
  /** What one process does for all, beside what the deployed sources ask for. */
  const always: Duty[] = [
    engine.sweep,
    createModeDuty({ store, wake: engine.wake, log }),
    createRepairDuty({ store, most: settings.concurrency * repairFactor, wake: engine.wake, log }),
    createIndexDuty({ store, fields: [...project.kinds].flatMap(([kind, { searchable }]) => searchable.map(({ pointer }) => ({ kind, pointer }))), log }),
    createKeyDuty({ store, log }),
    createLookDuty({ store, wake: engine.wake, log }),
    createTurnDuty({ store, wake: engine.wake, log }),
    createErasureDuty({ store, log }),
    createRemovalDuty({ store, save: hub.save, log }),
    createRetentionDuty({ store, ...settings, removed: metrics.removedOld, log }),
  ]
  const polls = createPolls({ store, receive: (message) => hub.receive(message), full: pressure.reason, log })

  /** Nothing new is taken, what runs ends or is interrupted; then Node-RED may stop nodes. */
  const close = async (): Promise<void> => {
    if (accepting) presence.describe({ deployment: current?.id ?? null, working: false, state: 'waits for open runs, to deploy or to stop' })
    accepting = false
    await opening.halt()
    await duties.close()
    const interrupted = await engine.close(settings.drainLimitMs)
    if (interrupted > 0) log.warn({ runs: interrupted }, `${interrupted} runs had not ended after ${settings.drainLimitMs / 1000} s and were interrupted; they run again`)
  }

  /** Those of the flows that Node-RED has, as the store knows them. */
  const subscriptions = (): Subscription[] =>
    [...registry.subscriptions.values()].map(({ nodeId, kind, system, lane, mode = 'live', matches, needs }) => ({ id: nodeId, kind, system: system.key, lane, mode, matches, ...(needs && { needs }) }))

  const opening = createOpening(async (signal) => {
    const deployment = current?.id ?? 0
    await store.configure({
      subscriptions: subscriptions(),
      roles: compileRoles(rolesOf(current?.flows ?? [])),
      kinds: new Map([...project.kinds].map(([name, kind]) => [name, kind.rules])),
    })
    if (signal.aborted) return
    await engine.open({ deployment, sources: new Map(registry.sources), subscriptions: new Map(registry.subscriptions), ...(environment.held && { held: `held: ${heldReason(environment)}` }) })
    if (signal.aborted) return
    for (const warning of warningsOf(current?.flows ?? [])) log.warn(warning)
    accepting = true
    presence.describe({ deployment, working: !environment.held, state: environment.held ? `held: ${heldReason(environment)}` : 'works' })
    if (environment.held) return
    duties.open([...always, ...polls(registry.sources.values())])
  }, log)

  let opened = Promise.withResolvers<void>()
  const openDeployed = (): void => {
    const { resolve, reject } = opened
    opening.open().then(resolve, (error: unknown) => {
      log.error({ err: error }, 'The deployed flows could not be opened for work. Deploy again, or restart this process.')
      reject(error)
    })
  }

  const analyser = createAnalyser({ configChecker: createConfigChecker(connectors), env: process.env, kinds: project.kinds, project, ...definitions })
  /** Sentences about what may be deployed, but is seldom meant. */
  const warningsOf = (flows: readonly unknown[]): string[] => analyser.analyse(flows).filter(({ severity }) => severity === 'warning').map(describeFinding)
  /** @throws TorgError `flow.invalid` where flows may not run, or not here */
  const check = (flows: readonly unknown[]): void => {
    refuseErrors(analyser.analyse(flows))
    requireTypes(asItems(flows))
  }

  /**
   * Starts Node-RED without flows: only then is known which node types there are, and so whether the flows may run. `load` then has it
   * take those of the active deployment.
   */
  const startFlows = async ({ storage, shape = (flows) => flows, ...options }: Omit<NodeRedOptions, 'userDir' | 'nodesDirs' | 'log' | 'credentialSecret' | 'settings'> & {
    storage: StorageModule
    /** What this process runs of the flows. */
    shape?(flows: FlowItem[]): FlowItem[]
  }): Promise<{ embedded: EmbeddedNodeRed, load(): Promise<void> }> => {
    const paletteDir = join(folder, 'palette')
    const userDir = join(folder, 'node-red')
    await mkdir(userDir, { recursive: true })
    buildPalette({ connectors, outDir: paletteDir, kinds: [...kinds.keys()], pluginsDir: pluginsFolder, version })
    let loads = false
    const embedded = await startNodeRed({
      ...options, userDir, nodesDirs: [paletteDir], log: log.child({ part: 'node-red' }), credentialSecret: settings.secretKey,
      storage: {
        ...storage,
        // Also what "Restart flows" in the editor asks for, which drains like a deploy.
        async getFlows() {
          if (!loads) return []
          await close()
          current = await store.activeDeployment()
          return shape(asItems(current?.flows ?? []))
        },
        // Those of the same deployment as the flows read before.
        async getCredentials() { return loads ? current?.credentials ?? {} : {} },
      },
      settings: { torg: hub, torgNodes: createRegistrar({ hub, connectors }) },
    })
    undo.push(() => embedded.stop())
    // Undone first: runs end while their nodes still live.
    undo.push(close)
    // Node-RED tells late that it has started without flows: heard as if the deployed ones had, it would open them twice.
    await embedded.started
    nodeRed.events.on('flows:started', openDeployed)
    undo.push(async () => { nodeRed.events.removeListener('flows:started', openDeployed) })
    // Let go before there are flows to open, it is open when they are.
    environment.onLetGo(() => { if (loads) openDeployed() })
    return {
      embedded,
      /** Loads the flows of the active deployment and resolves when they are open for work. */
      async load() {
        loads = true
        opened = Promise.withResolvers()
        // It may be looked at later: an early refusal must not count as unhandled meanwhile.
        opened.promise.catch(() => undefined)
        await embedded.reload()
        await opened.promise
      },
    }
  }

  return {
    hub, registry, metrics, pressure, runs, engine, check, warningsOf, close, openDeployed, startFlows, subscriptions,
    /** The deployment that is open; 0: none. */
    get deployment() { return current?.id ?? 0 },
    /** Its flows. */
    get flows() { return current?.flows ?? [] },
    /** The flows of this deployment are what Node-RED is about to start. */
    deployed(deployment: Deployment) { current = deployment },
  }
}

export type Process = Awaited<ReturnType<typeof createProcess>>

/** Why nothing is worked on in a database of another environment. */
export const heldReason = ({ database }: Environment): string => `the database belongs to the environment "${database}"`

/** Checked flows as Node-RED's: each has an id and a type. The order of keys stays, for the revision. */
export const asItems = (flows: readonly unknown[]): FlowItem[] => flows.map((item) => {
  const node: Record<string, unknown> = { ...(typeof item === 'object' ? item : {}) }
  return { ...node, id: String(node['id'] ?? ''), type: String(node['type'] ?? '') }
})

/** Who may read what, by the role table of the deployment that is open: worked out once for each kind and system. */
function createReaders(flows: () => Deployment['flows']): Hub['readerOf'] {
  let of: Deployment['flows'] = []
  let known = new Map<string, ReturnType<Hub['readerOf']>>()
  return (kind, system) => {
    const now = flows()
    if (now !== of) [of, known] = [now, new Map()]
    const key = `${kind} ${system}`
    const found = known.get(key)
    if (found !== undefined) return found
    const made = compileReader(rolesOf(now), { kind, system })
    known.set(key, made)
    return made
  }
}
