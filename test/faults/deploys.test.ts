/** Deploys in the middle of the work: every run is wholly old or wholly new, none is lost, and nothing is left behind. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { asDocument, type Document } from '../flows/support.ts'
import { until } from '../support/until.ts'
import { startOwnPostgres, type OwnPostgres } from './own-postgres.ts'
import { backendsFor, caseLimitMs, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'

const drainLimitS = 1
const deploys = 10
/** Connections come and go with the load; a leak of one per deploy shows all the same. */
const slack = 4

const seed = newSeed()

for (const backend of backendsFor(seed)) {
  describe(`deploys among ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let postgres: OwnPostgres
    let retailer: Retailer
    before(async () => {
      postgres = await startOwnPostgres()
      retailer = await openRetailer({ backend, seed, databaseUrl: postgres.url, env: { TORG_DRAIN_LIMIT: String(drainLimitS), NODE_OPTIONS: `--import=${new URL('probe.ts', import.meta.url).href}` } })
      await retailer.hub.start()
    })
    after(async () => {
      await retailer.close()
      await postgres.stop()
    })
    afterEach(function () { showLog(this.currentTest, retailer) })

    /** Deploys a flow to the ERP that marks every document before and after it waits. */
    const deployMarked = async (mark: string, waitS: number): Promise<void> => {
      const own = ['faults-before', 'faults-wait', 'faults-after']
      const common = { z: 'orders-to-erp', x: 0, y: 0 }
      const change = (id: string, property: string, to: string): Document => ({ ...common, id, type: 'change', name: '', rules: [{ t: 'set', p: property, pt: 'msg', to: mark, tot: 'str' }], wires: [[to]] })
      await retailer.deploy((nodes) => [
        ...nodes.filter(({ id }) => !own.includes(String(id))).map((node) => node['id'] === 'erp-map' ? { ...node, wires: [['faults-before']] } : node),
        change('faults-before', 'payload.markBefore', 'faults-wait'),
        { ...common, id: 'faults-wait', type: 'delay', name: '', pauseType: 'delay', timeout: String(waitS), timeoutUnits: 'seconds', rate: '1', nbRateUnits: '1', rateUnits: 'second', randomFirst: '1', randomLast: '5', randomUnits: 'seconds', drop: false, allowrate: false, outputs: 1, wires: [['faults-after']] },
        change('faults-after', 'payload.markAfter', 'erp-out'),
      ])
    }
    const marks = (): Document[] => retailer.erp.collections.list('sales-documents').map(({ document }) => asDocument(document))

    for (const [what, waitS] of [['are waited for', 0.4], ['are interrupted at the limit and run again', 2 * drainLimitS]] as const) {
      it(`messages held in a delay node ${what}`, async () => {
        const { erp } = retailer
        await deployMarked(`old ${waitS}`, waitS)
        const before = erp.counts.writes
        const trading = retailer.trade(partCount)
        await until(() => erp.counts.writes > before, { what: 'an old run has ended' })
        await sleep(retailer.random.integer(0, 300))
        await deployMarked(`new ${waitS}`, 0.1)
        await trading
        await retailer.trade(5)
        await retailer.expectComplete({ without: ['markBefore', 'markAfter'] })
        const documents = marks()
        for (const document of documents) expect(document['markBefore']).to.equal(document['markAfter'])
        expect(documents.map(({ markAfter }) => markAfter)).to.include.members([`old ${waitS}`, `new ${waitS}`])
      })
    }

    it(`${deploys} deploys under load lose nothing and leave nothing behind`, async () => {
      await deployMarked('first', 0.01)
      await retailer.trade(partCount)
      await retailer.expectComplete({ without: ['markBefore', 'markAfter'] })
      const before = await held()
      const trading = retailer.trade(partCount * 2)
      for (let count = 1; count <= deploys; count++) {
        await deployMarked(`deploy ${count}`, 0.01)
        await sleep(retailer.random.integer(0, 100))
      }
      await trading
      await retailer.expectComplete({ without: ['markBefore', 'markAfter'] })
      let after = await held()
      const grown = (): string[] => Object.keys(after).filter((name) => (after[name] ?? 0) > (before[name] ?? 0) + (name.startsWith('listeners') ? 0 : slack))
      await until(async () => {
        after = await held()
        return grown().length === 0
      }, { limitMs: 20_000, everyMs: 500, what: 'idle connections have ended' }).catch(() => undefined)
      expect(grown(), `before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`).to.deep.equal([])
    })

    /** What process and database hold at this moment. */
    const held = async (): Promise<Record<string, number>> => {
      const { hub } = retailer
      const seen = hub.output.length
      process.kill(hub.pid, 'SIGUSR2')
      let line: string | undefined
      await until(() => {
        line = hub.output.slice(seen).split('\n').slice(0, -1).find((text) => text.startsWith('{"probe":'))
        return line !== undefined
      }, { what: 'the hub told what it holds' })
      const { process: ofProcess, nodeRed, sockets, timers } = asDocument(asDocument(JSON.parse(line ?? '{}'))['probe'])
      const connections = Object.values(await postgres.connections()).reduce((sum, count) => sum + count, 0)
      return { 'listeners of the process': Number(ofProcess), 'listeners of Node-RED': Number(nodeRed), sockets: Number(sockets), timers: Number(timers), connections }
    }
  })
}
