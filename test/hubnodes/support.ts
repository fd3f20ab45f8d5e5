/** The hub's nodes on a real Node-RED, run tracker and PostgreSQL; only lanes and HTTP are left out. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { builtIn } from '../../nodes/index.ts'
import type { Hub, ProjectData } from '../../runtime/hub.ts'
import { defineConnector, defineStep, type FlowMessage } from '../../runtime/kit/definition.ts'
import { buildPalette } from '../../runtime/kit/palette.ts'
import { createRegistrar } from '../../runtime/kit/register.ts'
import { deliveryEnvelope, messageEnvelope } from '../../runtime/lanes/envelope.ts'
import { kinds } from '../../runtime/model/index.ts'
import { startNodeRed, type EmbeddedNodeRed } from '../../runtime/node-red/embed.ts'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { createMemoryStorage } from '../support/memory-storage.ts'
import { createRegistry } from '../../runtime/registry.ts'
import { createRunTracker } from '../../runtime/runs/tracker.ts'
import type { RunOutcome, RunTracker } from '../../runtime/runs/types.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { Delivery, Message, Needs, SaveOutcome, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'

export interface HubBench {
  readonly store: Store
  /** What reached the probe nodes, by the probe's id. */
  readonly probes: Map<string, FlowMessage[]>
  readonly warnings: string[]
  /** Deploys nodes on one tab, beside the system `erp`. */
  deploy(...nodes: FlowItem[]): Promise<void>
  /** Sends a payload from the node `start`, as a message of the system `webshop`. */
  receive(payload: unknown, message?: Partial<Message>): Promise<RunOutcome>
  /** Sends without a run, as an inject node does. */
  inject(payload: unknown, rest?: Record<string, unknown>): void
  /** Runs a deployed `hub changes` node for a record. */
  deliver(subscription: string, delivery: Pick<Delivery, 'record' | 'operation'> & Partial<Delivery>): Promise<RunOutcome>
  matches(subscription: string, document: Record<string, unknown>, at?: string): boolean
  needs(subscription: string): Needs | undefined
  save(write: Parameters<Store['save']>[0][number]): Promise<SaveOutcome>
  /** The status a node showed last. */
  statusOf(node: string): string
}

export const project: ProjectData = {
  lookups: { carriers: { Bring: 'bring' } },
  schemas: { note: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } } },
  kinds,
}

/** Starts everything before the tests of the surrounding `describe`, stops it after them. */
export function useHub(): HubBench {
  const probes = new Map<string, FlowMessage[]>()
  const warnings: string[] = []
  const statuses = new Map<string, string>()
  const registry = createRegistry()
  const log = pino({ level: 'warn', base: null }, { write: (line: string) => { warnings.push(line) } })
  const undo: (() => Promise<unknown>)[] = []
  let embedded: EmbeddedNodeRed | undefined
  let store: Store | undefined
  let runs: RunTracker | undefined
  let count = 0
  const need = <T>(value: T | undefined, what = 'the hub has not started'): T => value ?? expect.fail(what)

  const probe = defineConnector({
    name: 'probe', color: '#cccccc', icon: 'save.svg', folder: join(import.meta.dirname, '../../nodes/hub'),
    label: { en: 'Probe', nb: 'Probe', sv: 'Probe' }, help: { en: 'Test.', nb: 'Test.', sv: 'Test.' },
    nodes: [defineStep({
      role: 'step', type: 'probe', fields: {}, inputs: [{ type: 'any' }], outputs: [],
      label: { en: 'probe', nb: 'probe', sv: 'probe' }, help: { en: 'Test.', nb: 'Test.', sv: 'Test.' },
      create: ({ id }) => (msg) => { probes.set(id, [...probes.get(id) ?? [], structuredClone(msg)]) },
    })],
  })

  before(async () => {
    const database = await createTestDatabase()
    undo.push(() => database.drop())
    const opened = await openStore({ databaseUrl: database.url, log })
    undo.push(() => opened.close())
    await opened.configure({ subscriptions: [], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    store = opened
    const folder = await mkdtemp(join(tmpdir(), 'torg-hubnodes-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const connectors = [...builtIn, probe]
    buildPalette({ connectors, outDir: join(folder, 'palette'), kinds: [...kinds.keys()] })
    const hub: Hub = {
      log, project, types: new Map([['probe:note', { type: 'object', required: ['text'] }]]),
      get runs() { return need(runs) },
      registerSystem: registry.registerSystem, registerSource: registry.registerSource, registerSubscription: registry.registerSubscription,
      sourcesOf: registry.sourcesOf, hasSystem: (key) => registry.systems.has(key), findSystem: (key) => registry.systems.get(key),
      accepting: true,
      receive: (message) => opened.receive(message), save: (writes) => opened.save(writes), find: (kind, by) => opened.find(kind, by),
      readerOf: () => null,
      resolveSecret: () => 'secret', publicUrl: 'http://127.0.0.1',
    }
    const server: Server = createServer()
    embedded = await startNodeRed({ server, userDir: folder, nodesDirs: [join(folder, 'palette')], editor: false, log, credentialSecret: 'test', storage: createMemoryStorage(), settings: { torg: hub, torgNodes: createRegistrar({ hub, connectors }) } })
    const started = embedded
    undo.push(() => started.stop())
    await started.started
    const tracker = createRunTracker({ red: started.red, log })
    undo.push(async () => { tracker.close() })
    runs = tracker
    started.red.events.on('node-status', ({ id, status }: { id: string, status?: { text?: string } }) => { statuses.set(id, status?.text ?? '') })
  })
  after(async () => {
    for (const task of undo.reverse()) await task()
  })
  beforeEach(() => {
    probes.clear()
    warnings.length = 0
  })

  const start = (node: Parameters<RunTracker['start']>[0]['node'], message: FlowMessage, id: string): Promise<RunOutcome> => need(runs).start({ id, deployment: 1, node, message, limitMs: 5_000 })
  const startNode = () => need(embedded).red.nodes.getNode('start') ?? expect.fail('the flow has no node "start"')
  const subscription = (id: string) => need(registry.subscriptions.get(id), `no hub changes node ${id} is registered`)

  return {
    get store() { return need(store) },
    probes, warnings,
    async deploy(...nodes) {
      statuses.clear()
      await need(embedded).deploy([
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'erp-system', type: 'rest-system', name: 'ERP', key: 'erp', baseUrl: 'http://127.0.0.1:9' },
        ...nodes.map((node) => ({ z: 'tab', x: 100, y: 100, wires: [], ...node })),
      ])
    },
    receive(payload, overrides = {}) {
      const run = `run-${count += 1}`
      const message: Message = { id: '0198a000-0000-7000-8000-00000000000a', lane: 'webshop.in', system: 'webshop', source: 'start', topic: 'orders/create', key: '1042', eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from(''), sourceTime: null, receivedAt: '2026-03-01T10:00:00.000Z', attempts: 0, ...overrides }
      return start(startNode(), { payload, torg: messageEnvelope({ run, deployment: 1, message }) }, run)
    },
    inject: (payload, rest = {}) => startNode().send({ payload, ...rest }),
    deliver(id, given) {
      const run = `run-${count += 1}`
      const { kind, system, node, toFlow } = subscription(id)
      const delivery: Delivery = { subscription: id, system: system.key, kind, recordId: given.record.id, version: given.record.version, generation: 1, reason: null, attempts: 0, present: false, wantedAt: '2026-03-01T10:00:00.000Z', messageId: null, ...given }
      return start(node, toFlow(delivery, deliveryEnvelope({ run, deployment: 1, delivery })), run)
    },
    matches: (id, document, at = '2026-03-01T10:00:00.000Z') => subscription(id).matches(document, at),
    needs: id => subscription(id).needs,
    async save(write) {
      const [outcome] = await need(store).save([write])
      return need(outcome)
    },
    statusOf: (node) => statuses.get(node) ?? '',
  }
}

/** Where runs start. */
export const start = (...targets: string[]): FlowItem => ({ id: 'start', type: 'link in', name: '', links: [], wires: [targets] })
export const probe = (id = 'probe'): FlowItem => ({ id, type: 'probe', name: '' })
