/** One lane's backlog is worked off by every process that has places free, not by the one that took the hint. */
import { expect } from 'chai'
import { pino } from 'pino'
import { createEngine, type Engine } from '../../runtime/lanes/engine.ts'
import { createHints, type Hints } from '../../runtime/lanes/hints.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { NewMessage, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { startRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'

const log = pino({ level: 'silent' })
const count = 900
const processes = ['a', 'b', 'c']

for (const backend of ['postgres', 'redis'] as const) {
  describe(`three processes before one lane, hints on ${backend}`, () => {
    let database: Awaited<ReturnType<typeof createTestDatabase>>
    let redis: Awaited<ReturnType<typeof startRedis>> | undefined
    const open: { store: Store, hints: Hints, engine: Engine }[] = []
    before(async () => {
      database = await createTestDatabase()
      if (backend === 'redis') redis = await startRedis()
    })
    after(async () => {
      for (const { engine, hints, store } of open) {
        await engine.close(100)
        await hints.close()
        await store.close()
      }
      await redis?.stop()
      await database.drop()
    })

    it('each take their part', async () => {
      const runs = new Map<string, number>()
      for (const owner of processes) {
        const store = await openStore({ databaseUrl: database.url, log })
        const hints = await createHints({ redisUrl: redis?.url, databaseUrl: database.url, log })
        const engine = createEngine({
          store, hints, log, owner, concurrency: 4, presence: { present: true, others: processes.length - 1 },
          runs: {
            start: async () => {
              await new Promise((resolve) => setTimeout(resolve, 15))
              runs.set(owner, (runs.get(owner) ?? 0) + 1)
              return { outcome: 'done', references: [] }
            },
            of: () => undefined, openCount: 0, drain: async () => 0, close: () => undefined,
          },
          events: { runEnded: () => undefined, delivered: () => undefined },
        })
        open.push({ store, hints, engine })
      }
      const [first] = open
      const message = (key: string): NewMessage => ({ lane: 'shop.in', system: 'shop', source: 'source', topic: 't', key, eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from('{}'), sourceTime: null })
      await Promise.all(Array.from({ length: count }, (_, index) => first?.store.receive(message(`k${index}`))))
      const source = {
        nodeId: 'source', type: 'rest in', system: { nodeId: 's', key: 'shop', connector: 'rest', label: 'Shop' }, lane: 'shop.in' as const, limitMs: 5_000,
        toFlow: () => ({ payload: {} }), node: { id: 'source', type: 'rest in', send: () => undefined, status: () => undefined },
      }
      for (const { engine } of open) await engine.open({ deployment: 0, sources: new Map([['source', source]]), subscriptions: new Map() })
      // Nobody sweeps: the first process is hinted, and calls the others.
      first?.engine.wake('shop.in')
      await until(async () => (await first?.store.depths())?.every(({ pending }) => pending === 0) ?? false, { limitMs: 25_000 })
      const shares = processes.map((owner) => runs.get(owner) ?? 0)
      expect(shares.reduce((sum, share) => sum + share)).to.equal(count)
      for (const share of shares) expect(share, `shares: ${shares.join(', ')}`).to.be.at.least(count / 10)
    })
  })
}
