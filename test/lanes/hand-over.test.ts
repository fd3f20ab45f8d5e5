import { expect } from 'chai'
import { pino } from 'pino'
import type { RegisteredSource, RegisteredSystem } from '../../runtime/hub.ts'
import { createEngine, type Engine } from '../../runtime/lanes/engine.ts'
import type { Hints } from '../../runtime/lanes/hints.ts'
import type { Deployed } from '../../runtime/lanes/key-work.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { LaneName, Reservation, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { message, playedRuns, type Play } from './support.ts'

const log = pino({ level: 'silent' })
const system: RegisteredSystem = { nodeId: 'sys', key: 'shop', connector: 'rest', label: 'Shop' }
const source: RegisteredSource = {
  nodeId: 'source', type: 'rest in', system, lane: 'shop.in', limitMs: 5_000, toFlow: (stored, envelope) => ({ payload: JSON.parse(stored.body.toString()), torg: envelope }),
  node: { id: 'source', type: 'rest in', send: () => undefined, status: () => undefined },
}
const deployed: Deployed = { deployment: 0, sources: new Map([['source', source]]), subscriptions: new Map() }

/** No hint ever comes, so what runs at once was handed over. */
function deafHints() {
  const given: LaneName[] = []
  const hints: Hints = { backend: 'postgres', give: (lane) => { given.push(lane) }, callHelp: () => undefined, listen: async () => undefined, unlisten: async () => undefined, counts: async () => [], close: async () => undefined }
  return { given, hints }
}

describe('engine: hand-over', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let sweeping: AbortController
  const engines: Engine[] = []

  beforeEach(async () => {
    sweeping = new AbortController()
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log })
  })
  afterEach(async () => {
    sweeping.abort()
    await Promise.all(engines.splice(0).map((engine) => engine.close(100)))
    await store.close()
    await database.drop()
  })

  const start = async (play: Play, { concurrency = 8, hints = deafHints().hints, over = store }: { concurrency?: number, hints?: Hints, over?: Store } = {}): Promise<Engine> => {
    const engine = createEngine({ store: over, hints, runs: playedRuns(play), events: { runEnded: () => undefined, delivered: () => undefined }, log, owner: 'test', concurrency })
    engines.push(engine)
    over.handOver(engine.taker)
    await engine.open(deployed)
    void engine.sweep.run(sweeping.signal)
    return engine
  }
  const depth = async () => (await store.depths())[0]

  it('works on what is stored at once, with neither hint nor claim', async () => {
    const { given, hints } = deafHints()
    const seen: unknown[] = []
    const watched: Store = { ...store, claimMessages: async () => { throw new Error('claimed') } }
    await start(async ({ message: { payload } }) => { seen.push(payload); return { outcome: 'done', references: [] } }, { hints, over: watched })
    for (let n = 0; n < 5; n++) await store.receive(message(`k${n}`, { n }))
    await until(() => seen.length === 5)
    await until(async () => await depth() === undefined)
    expect(seen).to.have.deep.members([0, 1, 2, 3, 4].map((n) => ({ n })))
    expect(given).to.deep.equal([])
  })

  it('takes no more than it has places for, and leaves the rest to the hints', async () => {
    let end: () => void = () => undefined
    const ended = new Promise<void>((resolve) => { end = resolve })
    let open = 0
    let most = 0
    await start(async () => {
      open += 1
      most = Math.max(most, open)
      await ended
      open -= 1
      return { outcome: 'done', references: [] }
    }, { concurrency: 1 })
    const received = await Promise.all([...Array(10).keys()].map((n) => store.receive(message(`k${n}`, { n }))))
    expect(received.filter(({ taken }) => taken)).to.have.length(4)
    await until(() => open === 4)
    end()
    // The sweep finds the others.
    await until(async () => await depth() === undefined)
    expect(most).to.equal(4)
  })

  it('starts the next when a run is done, not when its end is stored; but only twice as many as it has places', async () => {
    let goOn: () => void = () => undefined
    const stored = new Promise<void>((resolve) => { goOn = resolve })
    let runs = 0
    let ends = 0
    const slow: Store = { ...store, settleMessage: async (result) => { ends += 1; await stored; return await store.settleMessage(result) } }
    await start(async () => { runs += 1; return { outcome: 'done', references: [] } }, { concurrency: 1, over: slow })
    await Promise.all([...Array(10).keys()].map((n) => store.receive(message(`k${n}`, { n }))))
    await until(() => ends === 8)
    expect(runs).to.equal(8)
    goOn()
    await until(async () => await depth() === undefined)
    expect(runs).to.equal(10)
  })

  it('gives back what is handed over while it closes, and takes nothing after', async () => {
    const seen: unknown[] = []
    const engine = await start(async ({ message: { payload } }) => { seen.push(payload); return { outcome: 'done', references: [] } })
    const reservation = engine.taker.reserve('shop.in', 1)
    const kept: Reservation = { places: 1, leaseMs: 40_000, end: () => undefined }
    store.handOver({ owner: 'test', deployment: 0, reserve: () => ({ ...kept, end: (claims) => {
      // The engine closes between the commit and the hand-over.
      const closing = engine.close(100)
      reservation?.end(claims)
      void closing
    } }) })
    expect(await store.receive(message('a', {}))).to.have.property('taken', true)
    await until(async () => (await store.dueLanes()).includes('shop.in'))
    expect(engine.taker.reserve('shop.in', 1)).to.equal(undefined)
    expect(seen).to.deep.equal([])
    store.handOver(engine.taker)
    await engine.open(deployed)
    await until(() => seen.length === 1)
  })

  it('finds what was leased by a statement whose answer was lost, and touches nothing that is being stored', async () => {
    const seen: string[] = []
    let claims = 0
    const counted: Store = { ...store, claimMessages: (want) => { claims += 1; return store.claimMessages(want) } }
    const engine = await start(async ({ message: { torg } }) => { seen.push(torg?.message?.key ?? ''); return { outcome: 'done', references: [] } }, { over: counted })
    const lost = engine.taker.reserve('shop.in', 1)
    const underWay = engine.taker.reserve('shop.in', 1)
    store.handOver({ owner: 'test', deployment: 0, reserve: () => ({ places: 1, leaseMs: 40_000, end: () => { lost?.end('unknown') } }) })
    await store.receive(message('a', {}))
    expect(engine.taker.reserve('shop.in', 1)).to.equal(undefined)
    let handOver: () => void = () => undefined
    store.handOver({ owner: 'test', deployment: 0, reserve: () => ({ places: 1, leaseMs: 40_000, end: (taken) => { handOver = () => { underWay?.end(taken) } } }) })
    await store.receive(message('b', {}))
    // Its lease is committed, but not handed over yet: ended now, it would be worked on twice.
    await until(() => claims >= 2)
    expect(seen).to.deep.equal([])
    handOver()
    await until(() => seen.length === 2)
    await until(async () => await depth() === undefined)
    expect(seen).to.deep.equal(['b', 'a'])
  })
})
