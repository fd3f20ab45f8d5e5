/** Business systems fail in every way; each lane is on its own, and every write arrives in the end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { backendsFor, caseLimitMs, newSeed, openRetailer, outageMs, partCount, showLog, systemTimeoutMs, type Retailer } from './retailer.ts'

const seed = newSeed()

for (const backend of backendsFor(seed)) {
  describe(`systems fail among ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    before(async () => {
      retailer = await openRetailer({ backend, seed })
      await retailer.hub.start()
    })
    after(() => retailer.close())
    afterEach(() => { for (const twin of [retailer.erp, retailer.crm, retailer.store]) twin.fail(null) })
    afterEach(function () { showLog(this.currentTest, retailer) })

    it('answers 503 for seconds: the others get everything meanwhile', async () => {
      const { erp, store, shop } = retailer
      erp.fail({ status: 503 })
      const back = sleep(outageMs)
      const before = erp.counts.writes
      await retailer.trade(partCount)
      const wanted = (): number => [...shop.orders.values()].filter((order) => order.cancelled_at === null).length
      await until(() => store.collections.list('tasks').length === wanted(), { limitMs: 60_000, everyMs: 100, what: 'the store has every order' })
      await back
      expect(erp.counts.writes).to.equal(before)
      erp.fail(null)
      await retailer.expectComplete()
    })

    it('answers 429 with Retry-After: is left alone for that long', async () => {
      const { store } = retailer
      const failed = store.counts.failures
      store.fail({ status: 429, retryAfter: 3, times: 5 })
      await retailer.trade(partCount)
      await until(() => store.counts.failures > failed, { what: 'the store was asked' })
      await retailer.expectComplete()
      expect(store.counts.failures - failed).to.equal(5)
    })

    it('does not answer until the time limit, every time and for some keys', async () => {
      const { store, erp, shop } = retailer
      store.fail({ status: 'hang', times: 5 })
      const startedAt = Date.now()
      const before = erp.counts.writes
      await retailer.trade(partCount)
      // Orders are written again as they change, so the ERP's count alone does not say that all were taken.
      await until(() => shop.pending === 0 && erp.counts.writes >= before + partCount, { limitMs: 60_000, what: 'every webhook is taken, and the ERP has its orders' })
      await retailer.expectComplete()
      expect(Date.now() - startedAt).to.be.at.least(systemTimeoutMs)
    })

    it('writes and answers 500, an end unknown: the same idempotency key again, no double', async () => {
      const { erp } = retailer
      const failed = erp.counts.failures
      erp.fail({ status: 500, afterwards: true, times: 6 })
      await retailer.trade(partCount)
      await retailer.expectComplete({ repeats: 6 })
      expect(erp.counts.failures - failed).to.equal(6)
    })

    it('writes and does not answer, an end unknown', async () => {
      // Not the CRM, which is only asked where a customer is new or has changed: what is left of the failure would meet the proof.
      const { store } = retailer
      store.fail({ status: 'hang', afterwards: true, times: 5 })
      await retailer.trade(partCount)
      await retailer.expectComplete({ repeats: 5 })
    })

    it('takes no token any more: the hub logs in again', async () => {
      const { erp } = retailer
      const tokens = erp.login.tokensIssued()
      const trading = retailer.trade(partCount)
      await sleep(50)
      erp.login.revoke()
      await trading
      await retailer.expectComplete()
      expect(erp.login.tokensIssued()).to.be.above(tokens)
    })
  })
}
