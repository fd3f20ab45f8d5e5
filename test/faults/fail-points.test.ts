/** The hub dies at each of its named points, where one thing is done and the next is not. */
import { expect } from 'chai'
import { createFailAt, failPoints, type FailPoint } from '../../runtime/fail-points.ts'
import { until } from '../support/until.ts'
import { backendsFor, caseLimitMs, concurrency, isLong, newSeed, openRetailer, partCount, showLog, type Retailer } from './retailer.ts'

const seed = newSeed()
/** So many times at most a point is passed before the hub dies there. */
const latest = isLong ? 200 : 20
/** Always in a short run; two of the others are drawn by the seed. */
const foremost: readonly FailPoint[] = ['message-stored', 'record-saved', 'delivery-sent']
const others = failPoints.filter((point) => !foremost.includes(point))
const points = isLong ? failPoints : [...foremost, ...others.filter((_, index) => [seed % others.length, (seed + 2) % others.length].includes(index))]

describe('a fail point', () => {
  it('kills at the n-th pass, does nothing elsewhere, and has to exist', () => {
    let deaths = 0
    const failAt = createFailAt('record-saved:2', () => { deaths += 1 })
    for (const point of ['record-saved', 'message-run', 'record-saved', 'record-saved'] as const) failAt(point)
    expect(deaths).to.equal(1)
    expect(() => createFailAt('record-save', () => undefined)).to.throw('must be one of')
  })
})

for (const backend of backendsFor(seed)) {
  describe(`a hub that dies at a point among ${partCount} orders, hints on ${backend} (seed ${seed})`, function () {
    this.timeout(caseLimitMs)
    let retailer: Retailer
    before(async () => { retailer = await openRetailer({ backend, seed }) })
    after(() => retailer.close())
    afterEach(function () { showLog(this.currentTest, retailer) })

    const dieAt = async (point: FailPoint, passes: number, work: () => Promise<unknown>): Promise<void> => {
      const { hub } = retailer
      await hub.kill()
      await hub.start({ TORG_FAIL_AT: `${point}:${passes}` })
      const pid = hub.pid
      const working = work()
      await hub.gone()
      await hub.start()
      expect(hub.pid).to.not.equal(pid)
      await working
      await retailer.expectComplete({ repeats: concurrency })
    }

    for (const point of points.filter((name) => !name.startsWith('deploy-'))) {
      it(point, () => dieAt(point, point === 'keys-leased' ? 1 + retailer.random.integer(0, 2) : retailer.random.integer(1, latest), () => retailer.trade(partCount)))
    }

    for (const point of points.filter((name) => name.startsWith('deploy-'))) {
      it(point, async () => {
        const label = (name: string) => retailer.deploy((nodes) => nodes.map((node) => node['id'] === 'orders-to-erp' ? { ...node, label: name } : node))
        await dieAt(point, 1, async () => {
          const trading = retailer.trade(partCount)
          await until(() => retailer.erp.counts.requests > 0)
          await label(point).then(() => { throw new Error('the deploy was answered') }, () => undefined)
          await trading
        })
        const { flows } = await retailer.call('GET', '/api/v1/flows')
        expect(JSON.stringify(flows).includes(`"label":"${point}"`), 'deployed').to.equal(point === 'deploy-stored')
        await label('mended')
        await retailer.trade(1)
        await retailer.expectComplete()
      })
    }
  })
}
