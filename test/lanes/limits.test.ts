/** What is sent to a system by three processes on one database, as the system itself counts it. */
import { createServer, type Server } from 'node:http'
import { expect } from 'chai'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import type { NodeStatus, RegisteredSubscription, SystemLimits } from '../../runtime/hub.ts'
import { createEngine, type Engine } from '../../runtime/lanes/engine.ts'
import { createHints, type Hints } from '../../runtime/lanes/hints.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { LaneState, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { playedRuns, type Play } from './support.ts'

const log = pino({ level: 'silent' })
const lane = 'erp.out'

/** Whether a key that is being stored would be taken at once. */
function hasPlace(engine: Engine): boolean {
  const reservation = engine.taker.reserve(lane, 1)
  reservation?.end([])
  return reservation !== undefined
}

/** A system that writes down when it was asked for what, and how many asked at once. */
async function startSink() {
  const arrivals: { at: number, order: string, status: number }[] = []
  const sink = { arrivals, url: '', answer: (): { status: number, retryAfter?: number } => ({ status: 200 }), open: 0, most: 0, workMs: 0, close: () => Promise.resolve() }
  const server: Server = createServer((req, res) => {
    sink.open += 1
    sink.most = Math.max(sink.most, sink.open)
    const { status, retryAfter } = sink.answer()
    arrivals.push({ at: Date.now(), order: req.url ?? '', status })
    setTimeout(() => {
      sink.open -= 1
      res.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }).end()
    }, sink.workMs)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  sink.url = `http://127.0.0.1:${address.port}`
  sink.close = () => new Promise((resolve) => { server.close(() => { resolve() }); server.closeAllConnections() })
  return sink
}

describe('limits of a system, over three processes', function () {
  this.timeout(60_000)
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let sink: Awaited<ReturnType<typeof startSink>>
  let processes: { store: Store, hints: Hints, engine: Engine }[] = []
  const shown: NodeStatus[] = []

  const send: Play = async ({ message: { torg } }) => {
    const { status, headers } = await fetch(`${sink.url}/${torg?.delivery?.recordId}`, { method: 'PUT' })
    if (status < 300) return { outcome: 'done', references: [] }
    const retryAfter = headers.get('retry-after')
    return { outcome: 'failed', error: new TorgError(status === 429 ? 'system.throttled' : 'system.unavailable', { detail: `erp answered ${status}`, ...(retryAfter !== null && { retryAfterMs: Number(retryAfter) * 1000 }) }) }
  }
  const subscriptionWith = (limits: SystemLimits): RegisteredSubscription => ({
    nodeId: 'changes', kind: 'order', system: { nodeId: 'erp-sys', key: 'erp', connector: 'rest', label: 'ERP', limits }, lane, limitMs: 5_000, matches: () => true,
    toFlow: (delivery, envelope) => ({ payload: delivery.record.document, torg: envelope }),
    node: { id: 'changes', type: 'hub changes', send: () => undefined, status: (status) => { shown.push(status) } },
  })

  beforeEach(async () => {
    database = await createTestDatabase()
    sink = await startSink()
    shown.length = 0
  })
  afterEach(async () => {
    await Promise.all(processes.map(({ engine }) => engine.close(1_000)))
    await Promise.all(processes.map(({ hints }) => hints.close()))
    await Promise.all(processes.map(({ store }) => store.close()))
    processes = []
    await sink.close()
    await database.drop()
  })

  const start = async (limits: SystemLimits, count = 3): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const store = await openStore({ databaseUrl: database.url, log })
      const hints = await createHints({ redisUrl: undefined, databaseUrl: database.url, log })
      await store.configure({ subscriptions: [{ id: 'changes', kind: 'order', system: 'erp', lane, matches: () => true }], roles: { of: () => undefined }, kinds: new Map([['order', { fact: false, links: [] }]]) })
      const engine = createEngine({ store, hints, runs: playedRuns(send), events: { runEnded: () => undefined, delivered: () => undefined }, log, owner: `hub-${n}`, concurrency: 8 })
      await engine.open({ deployment: 0, sources: new Map(), subscriptions: new Map([['changes', subscriptionWith(limits)]]) })
      if (n === 0) void engine.sweep.run(new AbortController().signal)
      processes.push({ store, hints, engine })
    }
  }
  const first = () => processes[0] ?? expect.fail('nothing was started')
  const save = async (orders: number, from = 0): Promise<void> => {
    await Promise.all([...Array(orders).keys()].map((n) => first().store.save([{
      kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system: 'shop', kind: 'order', id: String(from + n) }], number: null, document: { n },
      origin: { system: 'shop', message: null, at: new Date().toISOString() }, sourceTime: null,
    }])))
    for (const { engine } of processes) engine.wake(lane)
  }
  const pending = async (): Promise<number> => (await first().store.depths()).find((depth) => depth.lane === lane)?.pending ?? 0
  const delivered = (): Set<string> => new Set(sink.arrivals.filter(({ status }) => status === 200).map(({ order }) => order))
  const state = async (): Promise<LaneState | undefined> => (await first().store.laneStates()).find((found) => found.lane === lane)

  it('never has more runs at once than the system takes, and gets them all done', async () => {
    sink.workMs = 5
    await start({ concurrency: 2, breakAfter: 5 })
    await save(60)
    await until(async () => await pending() === 0)
    expect(sink.most).to.equal(2)
    expect(delivered().size).to.equal(60)
  })

  it('never sends more than burst and rate allow, and not much less', async () => {
    await start({ rate: { tokenMs: 40, burst: 5 }, breakAfter: 5 })
    const startedAt = Date.now()
    await save(60)
    await until(async () => await pending() === 0)
    for (const [index, { at }] of sink.arrivals.entries()) expect(index + 1, `requests after ${at - startedAt} ms`).to.be.at.most(5 + (at - startedAt) / 40 + 1)
    expect(sink.arrivals).to.have.length(60)
  })

  it('leaves a system alone that answers 503, tries it with one key, and then delivers everything', async () => {
    let up = false
    sink.answer = () => ({ status: up ? 200 : 503 })
    await start({ breakAfter: 5 })
    await save(200)
    await until(async () => (await state())?.state === 'open')
    // Those under way at that moment, of 8 places in each of three processes.
    await until(() => sink.open === 0)
    const before = sink.arrivals.length
    expect(before).to.be.at.most(24 + 5)
    const probes = (): number => sink.arrivals.length - before
    await until(() => probes() === 2)
    await until(() => shown.some(({ text }) => text?.startsWith('open since')), { what: 'the node says so' })
    expect(hasPlace(first().engine)).to.equal(false)
    up = true
    await until(async () => await pending() === 0)
    expect(delivered().size).to.equal(200)
    expect(await state()).to.deep.include({ state: 'working', failures: 0 })
    await until(() => hasPlace(first().engine))
    expect(sink.arrivals.filter(({ status }) => status === 503).length).to.be.at.most(before + 4)
  })

  it('does not count the tries of an open lane as attempts of the work', async () => {
    sink.answer = () => ({ status: 503 })
    await start({ breakAfter: 2 }, 1)
    await save(2)
    await until(async () => (await state())?.state === 'open')
    const before = sink.arrivals.length
    await until(() => sink.arrivals.length >= before + 2)
    sink.answer = () => ({ status: 200 })
    await first().engine.close(1_000)
    await first().store.resumeLane(lane)
    const attempts: number[] = []
    await until(async () => {
      const claims = await first().store.claimDeliveries({ lane, owner: 'test', deployment: 0, keys: 10, perKey: 10, leaseMs: 60_000 })
      attempts.push(...claims.flatMap(({ deliveries }) => deliveries.map((delivery) => delivery.attempts)))
      return attempts.length === 2
    })
    expect(attempts).to.deep.equal([1, 1])
  })

  it('sends nothing for as long as the system asked with a 429, by any process', async () => {
    let throttled = false
    sink.answer = () => throttled ? { status: 200 } : { status: 429, retryAfter: 2 }
    await start({ breakAfter: 5 })
    await save(1)
    await until(() => sink.arrivals.length === 1)
    throttled = true
    await until(async () => (await state())?.state === 'throttled')
    await save(100, 1)
    await until(async () => await pending() === 0)
    const [asked, ...others] = sink.arrivals
    expect(delivered().size).to.equal(101)
    for (const { at } of others) expect(at - (asked?.at ?? 0)).to.be.at.least(1_990)
  })

  it('sends nothing while it is paused, and goes on when somebody resumes it', async () => {
    await start({ breakAfter: 5 })
    await first().store.pauseLane(lane, 'anna', 'stocktaking')
    for (const { engine } of processes) engine.refresh(lane)
    await until(() => processes.every(({ engine }) => !hasPlace(engine)))
    await save(30)
    await until(() => shown.some(({ text }) => text === 'paused by anna: stocktaking'), { what: 'the node says so' })
    expect(sink.arrivals).to.deep.equal([])
    await first().store.resumeLane(lane)
    await until(async () => await pending() === 0)
    expect(delivered().size).to.equal(30)
  })
})
