/** What was delivered with a wrong tax rate is put right by a selection, with the hub killed midway: nothing is created twice, no other order is sent again. */
import { expect } from 'chai'
import { asDocument, type Document } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { backendsFor, concurrency, isLong, newSeed, openRetailer, orderCount, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
const count = isLong ? 2 * orderCount : orderCount

for (const backend of backendsFor(seed)) {
  describe(`${count} orders with a wrong tax rate among others, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(1_200_000)
    let retailer: Retailer
    before(async () => {
      retailer = await openRetailer({ backend, seed })
      await retailer.hub.start()
      // The ERP gives its own ids, so that what is created twice is there twice.
      await retailer.edit({ 'erp-out': { method: 'POST', path: '/sales-documents', update: true, updateMethod: 'PUT', updatePath: '/sales-documents/{reference}' } })
    })
    after(() => retailer.close())
    afterEach(function () { showLog(this.currentTest, retailer) })

    /** How often each document was written, by its number. */
    const writesOf = (system: 'erp' | 'store', collection: string): Map<string, number> =>
      new Map(retailer[system].collections.list(collection).map(({ document, writes }) => [String(asDocument(document)['DocumentNo'] ?? asDocument(document)['orderNumber']), writes]))
    /** Numbers of the documents with a line whose tax code is that of an unknown rate. */
    const wrongOnes = (): Set<string> => new Set(retailer.erp.collections.list('sales-documents').map(({ document }) => asDocument(document))
      .filter(({ Lines }) => Array.isArray(Lines) && Lines.some((line) => asDocument(line)['TaxCode'] === '0')).map(({ DocumentNo }) => String(DocumentNo)))

    /**
     * Some orders go through as they should; then the mapping is broken, `count` orders go wrong, the mapping is mended, and what
     * arrived in between is repaired by this selection.
     */
    const breakAndMend = async ({ node, target, wrong, selection }: { node: string, target: string, wrong: Document, selection: Document }): Promise<void> => {
      await retailer.trade(partCount)
      await retailer.expectComplete()
      const others = new Set(writesOf('erp', 'sales-documents').keys())
      const mapping = await retailer.remap(node, [{ to: target, ...wrong }])
      const from = new Date().toISOString()
      await retailer.trade(count)
      await retailer.settle()
      const affected = [...writesOf('erp', 'sales-documents').keys()].filter((number) => !others.has(number))
      expect(affected).to.have.length(count)
      const wrongBefore = wrongOnes()
      expect(affected.filter((number) => wrongBefore.has(number)), 'wrong').to.have.length(count)
      await retailer.edit({ [node]: { mapping } })

      const repair = (body: Document) => retailer.call('POST', '/api/v1/repairs', { selection: { ...selection, from }, ...body })
      const preview = await repair({ dryRun: true })
      expect(preview['count']).to.equal(count)
      const before = { erp: writesOf('erp', 'sales-documents'), store: writesOf('store', 'tasks'), writes: retailer.erp.counts.writes }
      const { id } = await repair({ expected: count, why: 'wrong tax rate' })
      await until(() => retailer.erp.counts.writes >= before.writes + count / 3, { limitMs: 120_000, what: 'a third is repaired' })
      await retailer.hub.kill()
      await retailer.hub.start()
      await until(async () => (await retailer.call('GET', `/api/v1/repairs/${String(id)}`))['state'] === 'done', { limitMs: 500_000, everyMs: 50, what: 'everything is handed over' })
      await retailer.expectComplete({ repeats: concurrency })

      expect(await retailer.call('GET', `/api/v1/repairs/${String(id)}`)).to.deep.include({ total: count, handedOver: count, why: 'wrong tax rate', now: { waiting: 0, held: 0, done: count, dead: 0 } })
      const after = { erp: writesOf('erp', 'sales-documents'), store: writesOf('store', 'tasks') }
      for (const number of others) {
        expect(after.erp.get(number), `${number} in the ERP`).to.equal(before.erp.get(number))
        expect(after.store.get(number), `${number} in the store`).to.equal(before.store.get(number))
      }
      // The ERP does nothing for a key it has seen, so each was written once, whatever was sent twice around the kill.
      for (const number of affected) expect(after.erp.get(number), number).to.equal((before.erp.get(number) ?? 0) + 1)
    }

    it('are re-run after the mapping is mended where they come in', () => breakAndMend({
      node: 'webshop-order', target: 'lines[].taxes[].rate', wrong: { value: '0.99' }, selection: { type: 'messages', system: 'webshop-no', flow: 'Orders from the webshop' },
    }))

    it('are redelivered after the mapping is mended where they go out', () => breakAndMend({
      node: 'erp-map', target: 'Lines[articles].TaxCode', wrong: { value: '0' }, selection: { type: 'deliveries', system: 'erp', kind: 'order' },
    }))
  })
}
