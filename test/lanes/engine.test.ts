import { expect } from 'chai'
import { pino } from 'pino'
import { TorgError } from '../../runtime/errors.ts'
import type { RegisteredSource, RegisteredSubscription, RegisteredSystem } from '../../runtime/hub.ts'
import { createEngine, type Engine } from '../../runtime/lanes/engine.ts'
import { createHints, type Hints } from '../../runtime/lanes/hints.ts'
import type { Deployed } from '../../runtime/lanes/key-work.ts'
import type { RunOutcome, RunRequest } from '../../runtime/runs/types.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { LaneName, NewMessage, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { message, playedRuns } from './support.ts'

const log = pino({ level: 'silent' })
const system: RegisteredSystem = { nodeId: 'sys', key: 'shop', connector: 'rest', label: 'Shop' }
const erp: RegisteredSystem = { nodeId: 'erp-sys', key: 'erp', connector: 'rest', label: 'ERP' }

const source = (nodeId: string): RegisteredSource => ({
  nodeId, type: 'rest in', system, lane: 'shop.in', limitMs: 5_000,
  toFlow: (message, envelope) => {
    if (message.body.toString() === '{') throw new TorgError('message.not-json', 'planted')
    return { payload: JSON.parse(message.body.toString()), torg: envelope }
  },
  node: { id: nodeId, type: 'rest in', send: () => undefined, status: () => undefined },
})
const subscription: RegisteredSubscription = {
  nodeId: 'changes', kind: 'order', system: erp, lane: 'erp.out', limitMs: 5_000, matches: () => true,
  toFlow: (delivery, envelope) => ({ payload: delivery.record.document, torg: envelope }),
  node: { id: 'changes', type: 'hub changes', send: () => undefined, status: () => undefined },
}
const deployed: Deployed = { deployment: 0, sources: new Map([['source', source('source')]]), subscriptions: new Map([['changes', subscription]]) }

describe('engine', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let hints: Hints
  let engine: Engine | undefined

  beforeEach(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log })
    hints = await createHints({ redisUrl: undefined, databaseUrl: database.url, log })
    await store.configure({ subscriptions: [{ id: 'changes', kind: 'order', system: 'erp', lane: 'erp.out', matches: () => true }], roles: { of: () => undefined }, kinds: new Map([['order', { fact: false, links: [] }]]) })
  })
  afterEach(async () => {
    await engine?.close(100)
    await hints.close()
    await store.close()
    await database.drop()
  })

  const start = async (play: (request: RunRequest) => Promise<RunOutcome>, options: { hints?: Hints, concurrency?: number } = {}): Promise<Engine> => {
    const ended: string[] = []
    engine = createEngine({ store, hints: options.hints ?? hints, runs: playedRuns(play), events: { runEnded: ({ outcome }) => { ended.push(outcome) }, delivered: () => undefined }, log, owner: 'test', concurrency: options.concurrency ?? 8 })
    await engine.open(deployed)
    void engine.sweep.run(new AbortController().signal)
    return engine
  }
  const receive = async (one: NewMessage) => {
    const { duplicate } = await store.receive(one)
    if (!duplicate) engine?.wake('shop.in')
  }
  const pending = async (lane: LaneName) => (await store.depths()).find((depth) => depth.lane === lane)?.pending ?? 0

  it('runs every message once, keys side by side, each key in order', async () => {
    const seen = new Map<string, number[]>()
    let open = 0
    let most = 0
    await start(async ({ message: { payload } }) => {
      const { key, n } = payload as { key: string, n: number }
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
      open -= 1
      seen.set(key, [...seen.get(key) ?? [], n])
      return { outcome: 'done', references: [] }
    })
    for (let n = 0; n < 12; n++) await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => receive(message(key, { key, n }, `${key}-${n}`))))
    await until(async () => await pending('shop.in') === 0)
    for (const numbers of seen.values()) expect(numbers).to.deep.equal([...Array(12).keys()])
    expect(seen.size).to.equal(5)
    expect(most).to.be.within(2, 8)
  })

  it('tries a transient failure again and holds the later ones of its key back', async () => {
    const order: string[] = []
    let failed = false
    await start(async ({ message: { payload } }) => {
      const { n } = payload as { n: number }
      order.push(`${n}`)
      if (n === 1 && !failed) {
        failed = true
        return { outcome: 'failed', error: new TorgError('system.unavailable', 'planted') }
      }
      return { outcome: 'done', references: [] }
    })
    await receive(message('a', { n: 1 }))
    await receive(message('a', { n: 2 }))
    await until(async () => await pending('shop.in') === 0)
    expect(order).to.deep.equal(['1', '1', '2'])
  })

  it('parks a permanent failure and goes on with its key', async () => {
    await start(async ({ message: { payload } }) => (payload as { n: number }).n === 1
      ? { outcome: 'failed', error: new TorgError('validation.schema', { detail: 'planted', pointer: '/n', value: 1 }) }
      : { outcome: 'done', references: [] })
    await receive(message('a', { n: 1 }))
    await receive(message('a', { n: 2 }))
    await until(async () => await pending('shop.in') === 0)
    const dead = await store.deadLetters({ limit: 10 })
    expect(dead.map(({ key, error }) => [key, error.code, error.pointer])).to.deep.equal([['a', 'validation.schema', '/n']])
  })

  it('parks what a source that is gone took, and what the flow cannot read', async () => {
    await start(async () => ({ outcome: 'done', references: [] }))
    await receive({ ...message('a', {}), source: 'gone' })
    await receive({ ...message('b', {}), body: Buffer.from('{') })
    await until(async () => await pending('shop.in') === 0)
    const dead = await store.deadLetters({ limit: 10 })
    expect(dead.map(({ error }) => error.code).sort()).to.deep.equal(['flow.source-gone', 'message.not-json'])
  })

  it('delivers the newest version, and only that, after a burst', async () => {
    const delivered: number[] = []
    let hold: Promise<void> | undefined
    let release: () => void = () => undefined
    await start(async ({ message: { torg } }) => {
      if (hold) await hold
      delivered.push(torg?.delivery?.version ?? 0)
      return { outcome: 'done', references: [{ kind: 'order', id: 'E-1' }] }
    })
    hold = new Promise((resolve) => { release = resolve })
    for (let n = 1; n <= 50; n++) {
      const [outcome] = await store.save([{ kind: 'order', schema: 'order@1', operation: 'upsert', refs: [{ system: 'shop', kind: 'order', id: '1' }], number: '1', document: { n }, origin: { system: 'shop', message: null, at: new Date().toISOString() }, sourceTime: null }])
      for (const lane of outcome?.lanes ?? []) engine?.wake(lane)
    }
    release()
    await until(async () => await pending('erp.out') === 0)
    expect(delivered.at(-1)).to.equal(50)
    expect(delivered.length).to.be.at.most(2)
    const record = await store.find('order', { ref: { system: 'erp', kind: 'order', id: 'E-1' } })
    expect(record?.number).to.equal('1')
  })

  it('interrupts what is open at close and runs it again without counting the attempt', async () => {
    const attempts: string[] = []
    let stuck = true
    const engine = await start(async ({ message: { torg } }) => {
      attempts.push(torg?.message?.key ?? '')
      if (stuck) await new Promise(() => undefined)
      return { outcome: 'done', references: [] }
    })
    await receive(message('a', {}))
    await until(() => attempts.length === 1)
    stuck = false
    expect(await engine.close(50)).to.equal(1)
    const [claim] = await store.claimMessages({ lane: 'shop.in', owner: 'other', deployment: 0, keys: 1, perKey: 1, leaseMs: 1_000 })
    expect(claim?.messages[0]?.attempts).to.equal(0)
    if (claim) await store.release([claim.lease])
    await engine.open(deployed)
    await until(async () => await pending('shop.in') === 0)
    expect(attempts).to.deep.equal(['a', 'a'])
  })

  it('takes over when no hint arrives', async () => {
    const deaf: Hints = { backend: 'postgres', give: () => undefined, callHelp: () => undefined, listen: async () => undefined, unlisten: async () => undefined, counts: async () => [], close: async () => undefined }
    await start(async () => ({ outcome: 'done', references: [] }), { hints: deaf })
    await receive(message('a', {}))
    await until(async () => await pending('shop.in') === 0)
  })

  it('never works on more keys at once than allowed: of messages four times as many as of deliveries', async () => {
    let open = 0
    let most = 0
    await start(async () => {
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 5))
      open -= 1
      return { outcome: 'done', references: [] }
    }, { concurrency: 2 })
    await Promise.all([...Array(60).keys()].map((n) => receive(message(`k${n}`, { n }))))
    await until(async () => await pending('shop.in') === 0)
    expect(most).to.equal(8)
  })
})
