/** What happens to work that is waiting or under way while flows are deployed, restarted and stopped. */
import { expect } from 'chai'
import { until } from '../support/until.ts'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asObject, byKey, changes, map, restIn, restOut, restSystem, save, toCustomer, type Node } from './flows.ts'

describe('work that is open while flows change', function () {
  this.timeout(60_000)
  let bench: Bench
  let erp: TwinServer
  let status = 200
  /** How long the system takes to answer, and what it has answered. */
  let answer: Promise<void> = Promise.resolve()
  let asked = 0
  let answered = 0
  const key = { 'x-key': 'key-of-webhooks' }

  before(async () => {
    erp = await startTwinServer(0, async () => {
      asked += 1
      await answer
      answered += 1
      return { status, body: {} }
    })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('till', byKey('${IN_KEY}')), restSystem('erp', { baseUrl: erp.url })],
      tabs: [
        { slug: 'from-shop', nodes: [restIn('from-shop', 'shop', ['from-shop-map']), map('from-shop-map', ['from-shop-save'], toCustomer), save('from-shop-save')] },
        { slug: 'from-till', nodes: [restIn('from-till', 'till', ['from-till-tell']), { id: 'from-till-tell', type: 'function', name: 'Tell', func: 'node.log(`till ${msg.payload.id}`)\nreturn msg', outputs: 1, wires: [['from-till-delay']] }, { id: 'from-till-delay', type: 'delay', name: 'Wait', pauseType: 'delay', timeout: '2', timeoutUnits: 'seconds', rate: '1', nbRateUnits: '1', rateUnits: 'second', randomFirst: '1', randomLast: '5', randomUnits: 'seconds', drop: false, outputs: 1, wires: [['from-till-map']] }, map('from-till-map', ['from-till-save'], toCustomer), save('from-till-save')] },
        { slug: 'to-erp', nodes: [changes('to-erp', 'erp', [['to-erp-out'], []]), restOut('to-erp-out', 'erp', { path: '/customers/{id}' })] },
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    await bench.close()
    await erp.close()
  })

  const saved = (system: string, id: string): Promise<boolean> => bench.record('customer', system, id).then(() => true, () => false)
  /** A till's message is in its flow. */
  const taken = (id: number) => until(() => bench.lines.some(({ msg }) => msg.includes(`till ${id}`)), { what: `the run of ${id} has started` })
  /** "Restart Flows" of the editor's deploy menu. */
  const restart = () => bench.call('/editor/flows', { method: 'POST', headers: { 'node-red-api-version': 'v2', 'node-red-deployment-type': 'reload' }, body: {} })
  const without = (id: string) => (flows: Node[]): Node[] => flows.filter(node => node.id !== id)

  it('ends before flows are restarted, and is not done twice', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = promise
    await bench.receive('shop', { id: 1, name: 'Under Way' }, key)
    await until(() => asked === 1, { what: 'the delivery is under way' })
    const restarting = restart()
    await until(async () => (await bench.call('/in/shop', { method: 'POST', body: {}, headers: key })).status === 503, { what: 'the intake is closed' })
    resolve()
    expect((await restarting).status).to.equal(200)
    await bench.idle()
    expect([asked, answered]).to.deep.equal([1, 1])
    expect(bench.lines.filter(({ msg }) => msg.includes('interrupted'))).to.deep.equal([])
    await bench.receive('shop', { id: 2, name: 'After the restart' }, key)
    await bench.idle()
    expect(asked).to.equal(2)
  })

  it('in a delay outlives a stop', async () => {
    await bench.receive('till', { id: 1, name: 'Waits' }, key)
    await taken(1)
    await bench.stop()
    expect(bench.lines.filter(({ msg, lane }) => msg === 'run done' && lane === 'till.in')).to.have.length(1)
    await bench.start()
    await bench.idle()
    expect(await saved('till', '1')).to.equal(true)
  })

  it('in a delay longer than the drain is done again after the start, not forgotten', async () => {
    expect((await bench.deploy(flows => flows.map(node => node.id === 'from-till-delay' ? { ...node, timeout: '3' } : node))).status).to.equal(200)
    await bench.stop()
    await bench.start({ env: { TORG_DRAIN_LIMIT: '0.3' } })
    const runs = (): number => bench.lines.filter(({ msg, lane }) => lane === 'till.in' && msg.startsWith('run')).length
    const before = runs()
    await bench.receive('till', { id: 2, name: 'Waits longer' }, key)
    await taken(2)
    await bench.stop()
    expect(await bench.start({ env: { TORG_DRAIN_LIMIT: '0.3' } })).to.be.an('object')
    expect(await saved('till', '2')).to.equal(false)
    await bench.idle()
    expect(await saved('till', '2')).to.equal(true)
    expect(runs()).to.equal(before + 2)
  })

  it('of a source node that is removed is parked, and runs when the node is there again', async () => {
    const { flows } = await bench.flows()
    status = 503
    answer = Promise.resolve()
    await bench.receive('till', { id: 3, name: 'Orphan' }, key)
    await bench.receive('shop', { id: 3, name: 'Orphan of the ERP' }, key)
    await until(() => bench.lines.some(({ msg, lane }) => lane === 'erp.out' && msg.startsWith('run failed')), { what: 'the delivery failed for now' })
    expect((await bench.deploy(flows => without('to-erp')(without('from-till')(flows)))).status).to.equal(200)
    const letters = await bench.deadLetters(2)
    expect(letters.map(({ node, error }) => [node, error['code']])).to.have.deep.members([['from-till', 'flow.source-gone'], ['to-erp', 'flow.source-gone']])
    expect(letters.map(({ error }) => error['detail']).join()).to.contain('from-till').and.contain('to-erp')
    expect(await saved('till', '3')).to.equal(false)

    status = 200
    expect((await bench.deploy(() => flows)).status).to.equal(200)
    for (const { id } of letters) expect((await bench.call(`/api/v1/dead-letters/${id}/rerun`, { method: 'POST' })).status).to.equal(202)
    await bench.idle()
    expect(await saved('till', '3')).to.equal(true)
    expect(asObject((await bench.call('/api/v1/status')).body)['accepting']).to.equal(true)
    expect(await bench.deadLetters(0)).to.deep.equal([])
  })
})
