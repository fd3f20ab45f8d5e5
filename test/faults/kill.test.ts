/**
 * The promise: what was acknowledged arrives, with its last value, whatever is killed on the way.
 *
 * `TORG_FAULT_ORDERS` and `TORG_FAULT_SEED` may be given; `npm run test:faults` takes 2,000 orders.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { backends, caseLimitMs, concurrency, newSeed, openRetailer, orderCount, showLog, type Retailer } from './retailer.ts'

const kills = 5

for (const backend of backends) {
  const seed = newSeed()

  describe(`a hub that ends, among ${orderCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    before(async () => {
      retailer = await openRetailer({ backend, seed })
      await retailer.hub.start()
    })
    after(() => retailer.close())
    afterEach(function () { showLog(this.currentTest, retailer) })

    it(`by kill -9, ${kills} times: loses nothing, repeats no more than was open`, async () => {
      const { hub, erp, random } = retailer
      const trading = retailer.trade(orderCount)
      for (let count = 1; count <= kills; count++) {
        await until(() => erp.counts.writes >= count * orderCount * 0.15, { limitMs: 120_000, what: `the ERP got ${count} parts` })
        await sleep(random.integer(0, 300))
        await hub.kill()
        await hub.start()
      }
      await trading
      await retailer.expectComplete({ repeats: kills * concurrency })
    })

    it('by SIGTERM: drains, exits 0, goes on after the start, repeats nothing', async () => {
      const { hub, erp } = retailer
      const before = erp.counts.writes
      const trading = retailer.trade(orderCount)
      await until(() => erp.counts.writes >= before + orderCount * 0.3, { limitMs: 60_000, what: 'a third is there' })
      expect(await hub.stop()).to.equal(0)
      await hub.start()
      await trading
      await retailer.expectComplete()
    })

    it('by kill -9 while cancelled orders are being removed from the store', async () => {
      const { hub, shop, store } = retailer
      const placed = Array.from({ length: Math.ceil(orderCount / 2) }, () => shop.place())
      await retailer.settle()
      const before = store.collections.list('tasks').length
      for (const { id } of placed) shop.change(id, 'cancel')
      await until(() => store.collections.list('tasks').length <= before - placed.length / 3, { limitMs: 60_000, everyMs: 50, what: 'a third is removed' })
      await hub.kill()
      await hub.start()
      await retailer.expectComplete({ repeats: concurrency })
      const left = new Set(store.collections.list('tasks').map(({ id }) => id))
      expect(placed.filter(({ name }) => left.has(name.replace('#', '')))).to.deep.equal([])
    })
  })
}
