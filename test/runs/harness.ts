/**
 * A real Node-RED 5 with the run tracker, and a few nodes of our own that record what happens in which order. One per
 * test file: `const bench = useBench()` inside a `describe`.
 */
import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import { createMemoryStorage } from '../support/memory-storage.ts'
import { startNodeRed, type EmbeddedNodeRed } from '../../runtime/node-red/embed.ts'
import type { FlowItem } from '../../runtime/node-red/facade.ts'
import { createRunTracker, type HookTracker } from '../../runtime/runs/tracker.ts'
import type { RunOutcome } from '../../runtime/runs/types.ts'
import { installTestNodes } from './test-nodes.ts'

export interface Bench {
  readonly red: EmbeddedNodeRed['red']
  readonly runs: HookTracker
  readonly log: string[]
  readonly warnings: string[]
  deploy(...flows: FlowItem[][]): Promise<void>
  /** Starts a run at node `source`; its end is recorded as `end <id>`. Run ids are never used twice, so it gets a number too. */
  run(options?: { id?: string, payload?: unknown, limitMs?: number, source?: string, message?: Record<string, unknown> }): Promise<RunOutcome>
}

let count = 0

/** Starts Node-RED before the tests of the surrounding `describe` and stops it after them. */
export function useBench(): Bench {
  let embedded: EmbeddedNodeRed | undefined
  let tracker: HookTracker | undefined
  let server: Server | undefined
  let userDir = ''
  const log: string[] = []
  const warnings: string[] = []
  const need = <T>(value: T | undefined): T => value ?? expect.fail('the bench has not started')
  const bench: Bench = {
    get red() { return need(embedded).red },
    get runs() { return need(tracker) },
    log,
    warnings,
    async deploy(...flows) {
      await need(embedded).deploy([tab, ...flows.flat()])
    },
    async run({ id = 'run', payload = id, limitMs = 4000, source = 'source', message = {} } = {}) {
      const node = need(embedded).red.nodes.getNode(source) ?? expect.fail(`no node ${source}`)
      const run = `${id}#${++count}`
      const outcome = await need(tracker).start({ id: run, deployment: 1, node, message: { ...message, payload, torg: { run, deployment: 1 } }, limitMs })
      log.push(`end ${id}`)
      return outcome
    },
  }
  before(async () => {
    userDir = await mkdtemp(join(tmpdir(), 'torg-runs-'))
    server = createServer()
    const sink = pino({ level: 'warn', base: null }, { write: (line: string) => { warnings.push(line) } })
    embedded = await startNodeRed({
      server, userDir, log: sink, storage: createMemoryStorage(), nodesDirs: [await installTestNodes(userDir)], editor: false, credentialSecret: 'test',
      settings: { testBench: { record: (entry: string) => log.push(entry), of: (msg: unknown) => tracker?.of(msg), settleError: () => new TorgError('settle.retry', 'The flow asked for a later attempt.') } },
    })
    await embedded.started
    tracker = createRunTracker({ red: embedded.red, log: sink })
  })
  beforeEach(() => {
    log.length = 0
    warnings.length = 0
  })
  afterEach(() => expect(tracker?.openCount, 'runs left open').to.equal(0))
  after(async () => {
    tracker?.close()
    await embedded?.stop()
    server?.close()
    await rm(userDir, { recursive: true, force: true })
  })
  return bench
}

export const tab: FlowItem = { id: 'tab', type: 'tab', label: 'Test' }

/** A node on the tab; `wires` are ids per output. */
export function node(id: string, type: string, wires: string[][] | string = [], config: Record<string, unknown> = {}): FlowItem {
  return { id, type, z: 'tab', x: 100, y: 100, wires: typeof wires === 'string' ? [[wires]] : wires, ...config }
}

/** Where runs start. */
export const source = (...targets: string[]): FlowItem => node('source', 'test source', [targets])
/** Records `<id>:<payload>` and completes at once. */
export const sink = (id = 'sink'): FlowItem => node(id, 'test sink')
export const fn = (id: string, func: string, wires: string[][] | string = [], config: Record<string, unknown> = {}): FlowItem =>
  node(id, 'function', wires, { func, outputs: Array.isArray(wires) ? Math.max(1, wires.length) : 1, noerr: 0, initialize: '', finalize: '', libs: [], ...config })
/** Waits and sends on. */
export const delay = (id: string, ms: number, wires: string[][] | string): FlowItem =>
  node(id, 'delay', wires, { pauseType: 'delay', timeout: String(ms), timeoutUnits: 'milliseconds', rate: '1', nbRateUnits: '1', rateUnits: 'second', drop: false, outputs: 1 })

export function expectDone(outcome: RunOutcome): void {
  expect(outcome, JSON.stringify(outcome)).to.have.property('outcome', 'done')
}

export function expectFailed(outcome: RunOutcome, code: string, nodeId?: string): string {
  if (outcome.outcome !== 'failed') return expect.fail(`expected ${code}, the run is ${outcome.outcome}`)
  expect(outcome.error.code, outcome.error.message).to.equal(code)
  if (nodeId) expect(outcome.error.node?.id, outcome.error.message).to.equal(nodeId)
  return outcome.error.message
}
