/** A running hub leaves a system alone that fails, and a person pauses one: seen from the system, the editor, the API and the metrics. */
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asList, byKey, customersFrom, customersTo, restSystem, type Json } from './flows.ts'

describe('limits in a running hub', function () {
  this.timeout(60_000)
  let erp: RestTwin
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }

  before(async () => {
    erp = await startRestTwin({ system: 'erp', port: 0, secrets: {}, log: pino({ level: 'silent' }) })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp', { baseUrl: erp.url, breakAfter: 3, limitRuns: 4 })],
      tabs: [customersFrom('from-shop', 'shop'), customersTo('to-erp', 'erp')],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    await bench.close()
    await erp.close()
  })

  const send = (from: number, count: number) => Promise.all([...Array(count).keys()].map(n => bench.receive('shop', { id: from + n, name: `Customer ${from + n}` }, key)))
  const lane = async (): Promise<Json> => asList((await bench.call('/api/v1/lanes')).body['items']).find(item => item['lane'] === 'erp.out') ?? {}
  const gauge = async (state: string): Promise<string | undefined> => new RegExp(`^torg_lane_state\\{lane="erp\\.out",state="${state}"\\} (\\d)$`, 'm').exec((await bench.call('/metrics')).text)?.[1]
  const names = () => erp.collections.list('customers').length

  it('opens after three failures, stays ready, and delivers everything once the system is back', async () => {
    erp.fail({ status: 503 })
    await send(0, 60)
    await until(async () => (await lane())['state'] === 'open')
    expect(await lane()).to.have.nested.property('error.code', 'system.unavailable')
    await until(async () => await gauge('open') === '1')
    expect(await gauge('working')).to.equal('0')
    expect((await bench.call('/ready')).status).to.equal(200)
    // Four places, and the tries since.
    const tried = erp.counts.failures
    expect(tried).to.be.at.most(4 + 3 + 3)
    await until(() => bench.lines.some(({ msg }) => msg.includes('erp.out is open')), { what: 'the log says so' })
    erp.fail(null)
    await bench.idle()
    expect(names()).to.equal(60)
    expect(await lane()).to.include({ state: 'working', failures: 0 })
    expect(asList((await bench.call('/api/v1/dead-letters')).body['items'])).to.deep.equal([])
  })

  it('is tried at once when it was mended by a deploy', async () => {
    erp.fail({ status: 500 })
    await send(100, 10)
    await until(async () => (await lane())['state'] === 'open')
    erp.fail(null)
    const open = { ...await lane() }
    await bench.deploy(flows => flows.map(node => node.id === 'system-erp' ? { ...node, name: 'ERP, mended' } : node))
    await bench.idle()
    expect(names()).to.equal(70)
    expect(open['state']).to.equal('open')
  })

  it('stays paused over a restart', async () => {
    expect((await bench.call('/api/v1/lanes/erp.out/pause', { method: 'POST', body: { reason: 'stocktaking' } })).status).to.equal(200)
    const requests = erp.counts.requests
    await send(200, 5)
    await until(async () => (await lane())['pending'] === 5)
    await bench.stop()
    await bench.start()
    expect(await lane()).to.deep.include({ state: 'paused', pending: 5 })
    await until(async () => await gauge('paused') === '1')
    expect(erp.counts.requests).to.equal(requests)
    await bench.call('/api/v1/lanes/erp.out/resume', { method: 'POST' })
    await bench.idle()
    expect(names()).to.equal(75)
  })
})
