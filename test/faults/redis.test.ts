/**
 * Redis only distributes the work: without it everything arrives, a little later. A worker stands beside the hub, so that
 * there is somebody to distribute it to.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { freePort } from '../support/ports.ts'
import { percentile } from '../bench/measure.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { ask } from './hub-process.ts'
import { caseLimitMs, isLong, newSeed, openRetailer, outageMs, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
/** How long acknowledgements are measured while Redis is away. */
const acknowledgingMs = isLong ? 3_000 : 500

describe(`Redis fails among ${partCount} orders (seed ${seed})`, function () {
  this.timeout(caseLimitMs)
  let port: number
  let redis: TestRedis
  let retailer: Retailer
  before(async () => {
    port = await freePort()
    retailer = await openRetailer({ backend: 'redis', seed, redisUrl: `redis://127.0.0.1:${port}` })
  })
  after(async () => {
    await retailer.close()
    await redis.stop()
  })
  afterEach(function () { showLog(this.currentTest, retailer) })

  const whileTrading = async (fault: () => Promise<void>): Promise<void> => {
    const before = retailer.erp.counts.writes
    const trading = retailer.trade(partCount)
    await until(() => retailer.erp.counts.writes >= before + partCount * 0.2, { limitMs: 60_000, what: 'a fifth is there' })
    await fault()
    await trading
  }
  /** Webhooks are acknowledged without waiting for Redis, and orders arrive through the sweep. */
  const expectService = async (): Promise<void> => {
    const { shop, erp, hub, send } = retailer
    const [order] = shop.orders.values()
    if (!order) throw new Error('nothing was ordered')
    const times: number[] = []
    for (const until = performance.now() + acknowledgingMs; performance.now() < until || times.length < 100;) {
      const startedAt = performance.now()
      expect((await send(order)).status).to.equal(200)
      times.push(performance.now() - startedAt)
    }
    const p99 = percentile(times, 0.99)
    console.log(`        acknowledged without Redis: p50 ${percentile(times, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${times.length}`)
    expect(p99, 'ms until acknowledged').to.be.below(1_000)
    const before = erp.counts.writes
    for (let count = 0; count < 10; count++) shop.place()
    await until(() => erp.counts.writes >= before + 10, { limitMs: 30_000, what: 'orders arrive without Redis' })
    expect((await ask(`${hub.url}/metrics`, { signal: AbortSignal.timeout(4_000) })).status).to.equal(200)
  }

  it('absent at the start: the hub starts, works, and uses Redis when it has come', async () => {
    await retailer.hub.start()
    await (await retailer.worker('beside')).start()
    await retailer.trade(Math.ceil(partCount / 2))
    await expectService()
    redis = await startRedis({ port })
    await retailer.expectComplete()
    await expectHints()
  })

  it('FLUSHALL', async () => {
    await whileTrading(async () => {
      for (let count = 0; count < 3; count++) {
        await flush()
        await sleep(100)
      }
    })
    await retailer.expectComplete()
    await expectHints()
  })

  it('down for seconds and back, empty', async () => {
    await whileTrading(async () => {
      await redis.stop()
      const back = sleep(outageMs)
      await expectService()
      await back
      redis = await startRedis({ port })
    })
    await retailer.expectComplete()
    await expectHints()
  })

  it('frozen for seconds', async () => {
    await whileTrading(async () => {
      process.kill(redis.pid, 'SIGSTOP')
      try {
        const back = sleep(outageMs)
        await expectService()
        await back
      } finally {
        process.kill(redis.pid, 'SIGCONT')
      }
    })
    await retailer.expectComplete()
    await expectHints()
  })

  it('away when the hub is asked to stop: it drains, exits 0 and goes on at the next start', async () => {
    await whileTrading(async () => {
      await redis.stop()
      expect(await retailer.hub.stop()).to.equal(0)
      await retailer.hub.start()
      redis = await startRedis({ port })
    })
    await retailer.expectComplete()
  })

  const withRedis = async <Result>(work: (client: Redis) => Promise<Result>): Promise<Result> => {
    const client = new Redis(redis.url)
    try {
      return await work(client)
    } finally {
      client.disconnect()
    }
  }
  const flush = (): Promise<unknown> => withRedis((client) => client.flushall())
  /** Hints ever given since Redis was empty: BullMQ numbers them, queue by queue. */
  const hintsGiven = (): Promise<number> => withRedis(async (client) => {
    const counters = await client.keys('*:id')
    return counters.length === 0 ? 0 : (await client.mget(counters)).reduce((sum, count) => sum + Number(count), 0)
  })
  /** Work goes through Redis again: a lane that is resumed is hinted there, and what waited in it arrives. */
  const expectHints = async (): Promise<void> => {
    const { shop, erp, call } = retailer
    await until(async () => {
      const given = await hintsGiven()
      await call('POST', '/api/v1/lanes/erp.out/pause', { reason: 'to see a hint', by: 'test' })
      const before = erp.counts.writes
      shop.place()
      await until(() => shop.pending === 0, { what: 'the hub took the order' })
      await call('POST', '/api/v1/lanes/erp.out/resume')
      await until(() => erp.counts.writes > before, { what: 'the order arrives' })
      return await hintsGiven() > given
    }, { limitMs: 30_000, what: 'hints go through Redis' })
    await retailer.settle()
  }
})
