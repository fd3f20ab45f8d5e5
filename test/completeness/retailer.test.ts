/** The reference retailer, proven: balanced after work, and everything that is taken away or added by hand is found by name. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import pg from 'pg'
import type { Completeness, Reason } from '../../runtime/completeness/report.ts'
import { newSeed, openRetailer, showLog, type Retailer } from '../faults/retailer.ts'
import { until } from '../support/until.ts'

const cli = join(import.meta.dirname, '../../runtime/cli.ts')

describe('completeness of the reference retailer', function () {
  this.timeout(120_000)
  let retailer: Retailer
  before(async () => {
    retailer = await openRetailer({ backend: 'postgres', seed: newSeed() })
    await retailer.hub.start()
    await retailer.trade(40)
    await retailer.settle()
  })
  after(() => retailer.close())
  afterEach(function () { showLog(this.currentTest, retailer) })

  const named = ({ unexplained }: Completeness, reason: Reason, system: string): string[] =>
    unexplained.filter(found => found.reason === reason && found.system === system).map(({ number, id }) => number ?? id).toSorted()

  function runCli(...args: string[]): Promise<{ code: number, stdout: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [cli, 'prove', ...args], { env: { PATH: process.env['PATH'], PUBLIC_URL: retailer.hub.url } }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout: stdout + stderr })
      })
    })
  }

  it('balances: what was placed, saved and delivered, and what the systems themselves say', async () => {
    const report = await retailer.prove()
    expect(report.unexplained).to.deep.equal([])
    expect(report).to.include({ balanced: true })
    expect(report.totals).to.include({ unexplained: 0 })
    expect(report.totals.acknowledged).to.equal(report.totals.wanted)
    const placed = retailer.shop.orders.size
    const erp = report.listings.find(({ system }) => system === 'erp')
    expect(erp).to.include({ there: placed, known: placed, held: placed, unexplained: 0 })
    const total = [...retailer.shop.orders.values()].reduce((sum, order) => sum + Math.round(Number(order.total_price) * 100), 0)
    expect(erp?.amounts).to.deep.equal([{ amount: (total / 100).toFixed(2), currency: 'NOK' }])
    expect(erp?.amountsHere).to.deep.equal(erp?.amounts)
    expect(report.listings.find(({ system }) => system === 'webshop-no')).to.include({ there: placed, known: placed, held: null })
    const orders = report.records.filter(({ kind }) => kind === 'order')
    expect(orders.reduce((sum, { saved }) => sum + saved, 0)).to.equal(placed)
    // Cancelled orders are taken away from the store again, which is no gap.
    const store = orders.flatMap(({ targets }) => targets).filter(({ system }) => system === 'store')
    expect(store.reduce((sum, { wanted, acknowledged }) => sum + wanted - acknowledged, 0)).to.equal(0)
  })

  it('says so on the command line, and ends with 0', async () => {
    const { code, stdout } = await runCli()
    expect(stdout).to.match(/40 orders in erp, sums equal; .* 0 unexplained\.\n$/)
    expect(code).to.equal(0)
  })

  it('finds each of ten deliveries removed by hand, what nobody sent, and an amount that was changed', async () => {
    const { erp, store } = retailer
    const documents = erp.collections.list('sales-documents')
    const removed = documents.filter((_, index) => index % 4 === 0).slice(0, 10).map(({ id }) => id)
    for (const id of removed) erp.collections.remove('sales-documents', id)
    erp.collections.write('sales-documents', 'BY-HAND', { DocumentNo: 'BY-HAND', AmountInclTax: 99, CurrencyCode: 'NOK' })
    const [task] = store.collections.list('tasks')
    if (!task) throw new Error('the store has no task')
    store.collections.write('tasks', task.id, { ...task.document, valueMinor: 1 })
    // A proof is of what there was before its own millisecond.
    const written = Date.now()
    await until(() => Date.now() > written, { everyMs: 1 })

    const report = await retailer.prove()
    expect(named(report, 'not-there', 'erp')).to.deep.equal(removed.toSorted())
    expect(named(report, 'only-there', 'erp')).to.deep.equal(['BY-HAND'])
    expect(named(report, 'amount-differs', 'store')).to.deep.equal([task.id])
    expect(report).to.include({ balanced: false })
    expect(report.totals.unexplained).to.equal(12)

    const { code, stdout } = await runCli('--json', '--limit', '3', '--grace', '0')
    expect(code).to.equal(1)
    const printed: Completeness = JSON.parse(stdout)
    expect(printed.totals.unexplained).to.equal(12)
    expect(printed.unexplained).to.have.length(3)

    for (const id of removed) erp.collections.write('sales-documents', id, documents.find(document => document.id === id)?.document ?? {})
    erp.collections.remove('sales-documents', 'BY-HAND')
    store.collections.write('tasks', task.id, task.document)
    expect((await retailer.prove()).totals.unexplained).to.equal(0)
  })

  it('finds a record that vanished, a delivery that was never raised, and an order the hub never heard of', async () => {
    const client = new pg.Client({ connectionString: retailer.databaseUrl })
    await client.connect()
    try {
      const { rows: [first, second] } = await client.query<{ id: string, number: string }>("select id, number from torg.record where kind = 'order' order by id limit 2")
      if (!first || !second) throw new Error('there are no orders')
      await client.query("delete from torg.delivery where record_id = $1 and system = 'erp'", [first.id])
      await client.query('delete from torg.delivery where record_id = $1', [second.id])
      await client.query('delete from torg.reference where record_id = $1', [second.id])
      await client.query('delete from torg.record where id = $1', [second.id])

      const report = await retailer.prove()
      expect(named(report, 'not-raised', 'erp')).to.deep.equal([first.number])
      const key = [...retailer.shop.orders.values()].find(({ name }) => name === `#${second.number}` || name === second.number)?.id
      expect(new Set(named(report, 'record-gone', 'webshop-no'))).to.deep.equal(new Set([String(key)]))
      expect(named(report, 'only-there', 'webshop-no')).to.have.length(1)
      expect(named(report, 'only-there', 'erp')).to.deep.equal([second.number])
    } finally {
      await client.end()
    }
  })

  it('tells of a system that does not answer, and is not balanced', async () => {
    retailer.crm.fail({ status: 503 })
    const report = await retailer.prove('system=crm')
    expect(report.listings).to.have.length(1)
    expect(report.listings[0]?.error).to.match(/crm/)
    expect(report).to.include({ balanced: false })
    retailer.crm.fail(null)
  })

  it('counts a test order as ended by its flow', async () => {
    const [order] = retailer.shop.orders.values()
    if (!order) throw new Error('there are no orders')
    await retailer.send({ ...order, id: 77, name: '#T-1', test: true }, { topic: 'orders/create' })
    await retailer.settle()
    const report = await retailer.prove('system=webshop-no&listings=false')
    expect(report.messages.flatMap(({ states }) => states).find(({ state }) => state === 'ended')).to.include({ count: 1 })
    expect(report.unexplained.filter(({ reason }) => reason === 'nothing-saved')).to.deep.equal([])
  })

  it('refuses what it does not know', async () => {
    for (const query of ['from=yesterday', 'zone=Mars/Olympus', 'from=2026-01-02&to=2026-01-01', 'frm=2026-01-01', 'listings=no']) {
      const answer = await fetch(`${retailer.hub.url}/api/v1/completeness?${query}`)
      expect(answer.status, query).to.equal(400)
    }
  })
})
