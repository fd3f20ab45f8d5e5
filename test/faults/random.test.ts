/**
 * Anything at any moment: orders are placed, changed, sent again and sent late, while hub, PostgreSQL, Redis, systems and flows fail in an
 * order that the seed draws, now and then two at once, with a worker beside the hub. In the end every system holds what it must.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { RestTwin } from '../../nodes/rest/twin/index.ts'
import type { TwinOrder } from '../../nodes/shopify/twin/order.ts'
import { freePort } from '../support/ports.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import type { HubProcess } from './hub-process.ts'
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts'
import { backendsFor, caseLimitMs, concurrency, isLong, newSeed, openRetailer, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
const steps = isLong ? 60 : 10
const ordersPerStep = isLong ? 30 : 8

for (const backend of backendsFor(seed)) {
  describe(`${steps} faults drawn at random, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    let worker: HubProcess
    let postgres: OwnPostgres
    let redis: TestRedis
    let redisPort: number
    /** Writes that may come again: of runs that were open at a kill, and of answers that did not come. */
    let repeats = 0
    const drawn: string[] = []

    before(async () => {
      postgres = await startOwnPostgres()
      redisPort = await freePort()
      redis = await startRedis({ port: redisPort })
      retailer = await openRetailer({ backend, seed, databaseUrl: postgres.url, ...(backend === 'redis' && { redisUrl: redis.url }), env: { TORG_DRAIN_LIMIT: '2' } })
      await retailer.hub.start()
      worker = await retailer.worker('one')
      await worker.start()
    })
    after(async () => {
      await retailer.close()
      await postgres.stop()
      await redis.stop()
    })
    afterEach(function () {
      if (this.currentTest?.state === 'failed') console.error(`drawn: ${drawn.join(', ')}`)
      showLog(this.currentTest, retailer)
    })

    const pickOf = <Item>(items: readonly Item[]): Item => {
      const [first, ...rest] = items
      if (first === undefined) throw new Error('nothing to pick from')
      return retailer.random.pick([first, ...rest])
    }
    const pause = (longestMs: number): Promise<void> => sleep(retailer.random.integer(0, longestMs))
    const anySystem = (): RestTwin => retailer.random.pick([retailer.erp, retailer.crm, retailer.store])
    const anyOrder = (): TwinOrder | undefined => [...retailer.shop.orders.values()].at(-retailer.random.integer(1, 40))

    const whileSystemFails = async (failure: NonNullable<Parameters<RestTwin['fail']>[0]>, longestMs: number): Promise<void> => {
      const system = anySystem()
      system.fail(failure)
      await pause(longestMs)
      // One that has its number of times ends by itself.
      if (failure.times === undefined) system.fail(null)
    }
    const faults: Record<string, () => Promise<void>> = {
      'kill the hub': async () => {
        repeats += concurrency
        await retailer.hub.kill()
        await pause(500)
        await retailer.hub.start()
      },
      'stop the hub': async () => {
        await retailer.hub.stop()
        await retailer.hub.start()
      },
      'kill the worker': async () => {
        repeats += concurrency
        await worker.kill()
        await pause(500)
        await worker.start()
      },
      'freeze the worker': async () => {
        // Its leases end under its hands, and what it had sent is sent again.
        repeats += concurrency
        process.kill(worker.pid, 'SIGSTOP')
        await pause(isLong ? 12_000 : 3_000)
        process.kill(worker.pid, 'SIGCONT')
      },
      'restart PostgreSQL': async () => {
        await postgres.stop()
        await pause(1_500)
        await postgres.start()
      },
      'kill PostgreSQL': async () => {
        await postgres.kill()
        await postgres.start()
      },
      'cut the connections of PostgreSQL': () => postgres.killBackend().catch(() => undefined),
      'restart Redis': async () => {
        await redis.stop()
        await pause(1_500)
        redis = await startRedis({ port: redisPort })
      },
      'flush Redis': async () => {
        const client = new Redis(redis.url)
        await client.flushall()
        client.disconnect()
      },
      'freeze Redis': async () => {
        process.kill(redis.pid, 'SIGSTOP')
        await pause(1_500)
        process.kill(redis.pid, 'SIGCONT')
      },
      'a system answers 503': () => whileSystemFails({ status: 503 }, 1_500),
      'a system answers 429': () => whileSystemFails({ status: 429, retryAfter: 1, times: 3 }, 200),
      'a system refuses for good': () => whileSystemFails({ status: 422, times: 2 }, 200),
      'a system hangs': () => whileSystemFails({ status: 'hang', times: 2 }, 200),
      'a system writes and answers 500': async () => {
        repeats += 3
        await whileSystemFails({ status: 500, afterwards: true, times: 3 }, 200)
      },
      'a system writes and hangs': async () => {
        repeats += 2
        await whileSystemFails({ status: 'hang', afterwards: true, times: 2 }, 200)
      },
      'the ERP forgets its logins': async () => { retailer.erp.login.revoke() },
      'deploy': () => retailer.deploy((nodes) => nodes.map((node) => node['id'] === 'orders-to-erp' ? { ...node, info: `deployed ${drawn.length}` } : node))
        // Another fault at the same time may keep it from being stored or answered.
        .catch(() => undefined),
    }

    /** Sends an order as it is now, once more: under the same event or another. */
    const sendAgain = async (order: TwinOrder): Promise<void> => {
      const eventId = `again-${drawn.length}-${retailer.random.integer(0, 3)}`
      await retailer.send(order, { eventId }).catch(() => undefined)
    }
    const trade = async (): Promise<void> => {
      const { random, shop } = retailer
      const states: TwinOrder[] = []
      for (let count = 0; count < ordersPerStep; count++) {
        states.push(shop.place())
        const order = anyOrder()
        if (!order) continue
        states.push(order)
        if (random.chance(0.5)) shop.change(order.id, random.pick(['capture', 'ship', 'cancel', 'return']))
        if (random.chance(0.2)) await sendAgain(pickOf(states))
        if (random.chance(0.3)) await pause(100)
      }
    }

    it('loses nothing and leaves the newest in every system', async () => {
      const { random } = retailer
      const names = Object.keys(faults)
      for (let step = 0; step < steps; step++) {
        const trading = trade()
        await pause(300)
        const together = random.chance(0.25) ? [pickOf(names), pickOf(names)] : [pickOf(names)]
        // Two that stop and start the same thing would get in each other's way.
        const chosen = together.filter((name, index) => index === 0 || name.split(' ').at(-1) !== together[0]?.split(' ').at(-1))
        drawn.push(chosen.join(' + '))
        await Promise.all(chosen.map((name) => faults[name]?.()))
        await trading
      }
      await retailer.settle()
      for (const system of [retailer.erp, retailer.crm, retailer.store]) system.fail(null)
      await until(async () => {
        const letters = await retailer.deadLetters()
        for (const { id } of letters) await retailer.call('POST', `/api/v1/dead-letters/${String(id)}/rerun`)
        return letters.length === 0
      }, { limitMs: 60_000, everyMs: 500, what: 'no dead letter is left' })
      await retailer.expectComplete({ repeats, alarms: /could not be stored|could not be opened/ })
    })
  })
}
