/** The role table is a part of what is deployed: a deploy changes it for all that is saved, delivered and explained from then on. */
import { expect } from 'chai'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { prepareBench, type Answer, type Bench } from './bench.ts'
import { asList, asObject, byKey, customersFrom, customersTo, restSystem, type Json, type Node } from './flows.ts'

describe('the role table of a running hub', function () {
  this.timeout(60_000)
  let bench: Bench
  let crm: TwinServer
  const got: Json[] = []
  const own = [{ kind: 'customer', masters: ['shop'] }]
  const ofErp = [...own, { kind: 'customer', field: 'homeStore', masters: ['erp'], readers: ['erp'] }]

  before(async () => {
    crm = await startTwinServer(0, ({ body }) => {
      got.push(asObject(JSON.parse(body.toString())))
      return { status: 200, body: {} }
    })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp'), restSystem('crm', { baseUrl: crm.url })],
      roles: own,
      tabs: [customersFrom('from-shop', 'shop', { path: 'customers' }), customersTo('to-crm', 'crm')],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start({ development: true })
  })
  after(async () => {
    await bench.close()
    await crm.close()
  })

  const saved = async (body: Json): Promise<Json> => {
    await bench.receive('shop/customers', { id: 1, ...body }, { 'x-key': 'key-of-webhooks' })
    await bench.idle()
    return bench.record('customer', 'shop', '1')
  }
  const withRows = (rows: Json[]) => (flows: Node[]): Node[] => flows.map(node => node.type === 'hub roles' ? { ...node, rows } : node)
  /** As the editor does when only what changed is to be started again. */
  const inEditor = async (change: (flows: Node[]) => Node[]): Promise<Answer> => {
    const { revision, flows } = await bench.flows()
    return bench.call('/editor/flows', { method: 'POST', headers: { 'node-red-api-version': 'v2', 'node-red-deployment-type': 'nodes' }, body: { flows: change(flows), rev: revision } })
  }

  it('holds as the project says', async () => {
    expect(await saved({ name: 'Kari', store: 'oslo' })).to.include({ name: 'Kari', homeStore: 'oslo' })
    expect(got.at(-1)).to.include({ name: 'Kari', store: 'oslo' })
  })

  it('changes with a deploy of the editor, for saves, readers, explain and the project\'s file, although no other node changed', async () => {
    expect(await inEditor(withRows(ofErp))).to.include({ status: 200 })
    expect(await saved({ name: 'Kari Nordmann', store: 'bergen' })).to.include({ name: 'Kari Nordmann', homeStore: 'oslo' })
    expect(got.at(-1)).to.include({ name: 'Kari Nordmann' }).and.not.have.property('store')
    const { body } = await bench.call('/api/v1/customers/shop:1/explain?field=/homeStore')
    expect(asList(body['items'])[0]?.['roles']).to.deep.equal(['customer, field homeStore: masters by rank: erp; read by erp', 'customer: masters by rank: shop'])
    expect((await bench.files()).get('roles.json')).to.equal('[\n  { "kind": "customer", "masters": ["shop"] },\n  { "kind": "customer", "field": "homeStore", "masters": ["erp"], "readers": ["erp"] }\n]\n')
  })

  it('stays over a restart, and over one of an old copy of the files', async () => {
    await bench.stop()
    await bench.start()
    expect(await saved({ name: 'Kari', store: 'bergen' })).to.include({ homeStore: 'oslo' })
  })

  it('is refused where it does not hold together, or is missing; the one that runs stays', async () => {
    const { revision } = await bench.flows()
    const faults: [(flows: Node[]) => Node[], string][] = [
      [withRows([...own, { kind: 'customer', field: 'homestore', masters: ['erp'] }]), 'there is no field \\"homestore\\"'],
      [withRows([...own, { kind: 'order', masters: ['sap'] }]), 'there is no system \\"sap\\"'],
      [withRows([{ kind: 'customer', masters: [['shop', 'erp']] }]), 'systems of equal rank'],
      [flows => flows.filter(({ type }) => type !== 'hub roles'), 'The role table is missing'],
      // A system that rows name cannot go without them.
      [flows => flows.filter(({ id }) => id !== 'system-erp'), 'there is no system \\"erp\\"'],
    ]
    for (const [fault, says] of faults) {
      for (const answer of [await bench.deploy(fault), await inEditor(fault)]) {
        expect(answer.status, answer.text).to.equal(422)
        expect(answer.text).to.contain(says)
      }
    }
    expect((await bench.flows()).revision).to.equal(revision)
    expect(await saved({ name: 'Kari', store: 'bergen' })).to.include({ homeStore: 'oslo' })
  })

  it('is deployed with warnings about what is seldom meant', async () => {
    const answer = await bench.deploy(withRows([{ kind: 'customer', field: 'name', masters: ['shop'] }]))
    expect(answer.status, answer.text).to.equal(200)
    expect(String(answer.body['warnings'])).to.contain('nobody is master of these fields of customer').and.contain('homeStore')
    expect(await saved({ name: 'Kari', store: 'bergen' })).to.include({ homeStore: 'bergen' })
    expect(bench.lines.some(({ level, msg }) => level === 'warn' && msg.includes('nobody is master of these fields of customer'))).to.equal(true)
  })
})
