/** Many records in one request, and the hub is killed in the middle: each record ends by itself, with its last value. */
import { expect } from 'chai'
import { asDocument } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { backendsFor, caseLimitMs, concurrency, isLong, newSeed, openRetailer, orderCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
const kills = isLong ? 5 : 2
const size = 10
/** What one kill can leave with an unknown end: every place of the lane may hold a batch. */
const perKill = concurrency * size

for (const backend of backendsFor(seed)) {
  describe(`batches among ${orderCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    before(async () => {
      // The ERP knows the key of each document of a list and answers for each; the CRM writes what it gets over what is there, all or nothing.
      retailer = await openRetailer({ backend, seed, twins: { erp: { idField: 'DocumentNo', itemKeyField: 'Key' }, crm: { idField: 'externalId' } } })
      await retailer.hub.start()
      await retailer.remap('erp-map', [{ to: 'Key', from: '$context.idempotencyKey' }])
      await retailer.edit({
        'erp-changes': { batch: size },
        'erp-out': { method: 'POST', path: '/sales-documents/_bulk', idempotencyHeader: '', itemResults: true, itemList: 'results', itemKey: 'DocumentNo', itemStatus: 'status', itemError: 'error', itemField: 'field', idPath: 'DocumentNo' },
        'crm-changes': { batch: size },
        'crm-out': { method: 'POST', path: '/contacts/_bulk?atomic=true', idempotencyHeader: '', idPath: '' },
      })
    })
    after(() => retailer.close())
    afterEach(function () { showLog(this.currentTest, retailer) })

    const expectBatches = async (expected: { repeats: number }): Promise<void> => {
      await retailer.expectComplete({ ...expected, without: ['Key'] })
      for (const { counts } of [retailer.erp, retailer.crm]) expect(counts.requests, 'requests of several documents').to.be.below(counts.writes)
    }

    it(`kill -9, ${kills} times: every item settles once, with its last value`, async () => {
      const { hub, erp } = retailer
      const trading = retailer.trade(orderCount)
      for (let count = 1; count <= kills; count++) {
        await until(() => erp.counts.writes >= count * orderCount / (kills + 2), { limitMs: 120_000, what: `the ERP got ${count} parts` })
        await hub.kill()
        await hub.start()
      }
      await trading
      await expectBatches({ repeats: kills * perKill })
    })

    it('kill -9 while the ERP refuses one item of them: it alone is parked, and arrives once it is taken', async () => {
      const { hub, shop, erp, crm } = retailer
      const { name } = shop.place()
      const refused = name.replace('#', '')
      erp.refuse({ field: 'DocumentNo', value: refused })
      const before = erp.counts.writes
      const trading = retailer.trade(orderCount)
      await until(() => erp.counts.writes >= before + orderCount / 4, { limitMs: 120_000, what: 'a quarter is there' })
      await hub.kill()
      await hub.start()
      await trading
      await retailer.settle()
      const [letter, ...others] = await retailer.deadLetters()
      expect(others).to.deep.equal([])
      expect(asDocument(letter?.['error'])).to.include({ code: 'system.refused', pointer: '/DocumentNo', value: refused })
      erp.refuse(null)
      await retailer.call('POST', `/api/v1/dead-letters/${String(letter?.['id'])}/rerun`)
      await expectBatches({ repeats: perKill })
      expect(crm.counts.failures).to.equal(0)
    })
  })
}
