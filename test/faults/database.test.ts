/** PostgreSQL restarts, dies and is away, while the hub stays up: it goes on by itself, and repeats nothing it knows the end of. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { asDocument } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts'
import { ask } from './hub-process.ts'
import { backends, caseLimitMs, concurrency, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'

for (const backend of backends) {
  const seed = newSeed()

  describe(`PostgreSQL fails among ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let postgres: OwnPostgres
    let retailer: Retailer
    before(async () => {
      postgres = await startOwnPostgres()
      retailer = await openRetailer({ backend, seed, databaseUrl: postgres.url, env: { TORG_DRAIN_LIMIT: '3' } })
      await retailer.hub.start()
    })
    after(async () => {
      await retailer.close()
      await postgres.stop()
    })
    afterEach(function () { showLog(this.currentTest, retailer) })

    /** Trades, and has the fault in the middle of the work. */
    const whileTrading = async (fault: () => Promise<void>): Promise<void> => {
      const before = retailer.erp.counts.writes
      const trading = retailer.trade(partCount)
      await until(() => retailer.erp.counts.writes >= before + partCount * 0.2, { limitMs: 60_000, what: 'a fifth is there' })
      await sleep(retailer.random.integer(0, 100))
      await fault()
      await trading
    }

    it('a restart', async () => {
      await whileTrading(async () => {
        await postgres.stop()
        await postgres.start()
      })
      await retailer.expectComplete({ limitMs: 60_000 })
    })

    it('a connection that is killed, for which the server cuts all of them', async () => {
      await whileTrading(() => postgres.killBackend())
      await retailer.expectComplete({ limitMs: 60_000 })
    })

    it('kill -9 of the server', async () => {
      await whileTrading(async () => {
        await postgres.kill()
        await postgres.start()
      })
      await retailer.expectComplete({ limitMs: 60_000 })
    })

    it('away for seconds: webhooks are refused with 503, nothing is acknowledged, the hub tells and goes on', async () => {
      const { hub, shop, send } = retailer
      await whileTrading(async () => {
        await postgres.stop()
        const [order] = shop.orders.values()
        if (!order) throw new Error('nothing was ordered')
        const answer = await send(order)
        expect(answer.status).to.equal(503)
        expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/)
        expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 60)
        expect(asDocument(await answer.json())).to.include({ code: 'hub.unavailable', status: 503 })
        const pending = shop.pending
        shop.place()
        expect((await ask(`${hub.url}/health`)).status).to.equal(200)
        expect((await ask(`${hub.url}/ready`)).status).to.equal(503)
        expect(await (await ask(`${hub.url}/metrics`)).text()).to.include('torg_database_up 0')
        await sleep(3_000)
        expect(shop.pending).to.be.at.least(pending + 1)
        await postgres.start()
      })
      await retailer.expectComplete({ limitMs: 60_000 })
      expect((await ask(`${hub.url}/ready`)).status).to.equal(200)
    })

    it('away during a deploy: the deploy is refused, and the hub goes on with the old flows', async () => {
      await whileTrading(async () => {
        const { revision, flows } = await retailer.call('GET', '/api/v1/flows')
        await postgres.stop()
        let refusal: unknown
        await retailer.call('PUT', '/api/v1/flows', { revision, flows }).catch((error: unknown) => { refusal = error })
        expect(String(refusal)).to.match(/answered 503/)
        await postgres.start()
      })
      await retailer.expectComplete({ limitMs: 60_000 })
    })

    it('away when the hub is asked to stop: it ends soon, and goes on at the next start', async () => {
      const { hub } = retailer
      await whileTrading(async () => {
        await postgres.stop()
        expect(await hub.stop(), 'by itself, and in order').to.equal(0)
        await postgres.start()
        await hub.start()
      })
      // What it had sent and could not write down is sent again.
      await retailer.expectComplete({ limitMs: 60_000, repeats: concurrency, alarms: /the end of a run could not be stored/ })
    })
  })
}
