/** Several records in one run, for systems that take many documents with one request: each ends by itself. */
import { expect } from 'chai'
import pg from 'pg'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asList, asObject, byKey, changes, customersFrom, fromCustomer, map, restOut, restSystem, type Json, type Node, type Tab } from './flows.ts'

const results = { itemResults: true, itemList: 'results', itemKey: 'key', itemStatus: 'status', itemError: 'error', itemField: 'field', idPath: 'given' }

/** Changes in batches, mapped, posted to a bulk endpoint. */
function batchesTo(id: string, { system = 'erp', store, path, out = {}, size = 10, between }: { system?: string, store: string, path: string, out?: Json, size?: number, between?: Node[] }): Tab {
  const filter = { match: 'all', rules: [{ path: 'homeStore', operator: 'equals', value: store }] }
  return {
    slug: id,
    nodes: [
      changes(id, system, [[`${id}-map`], [`${id}-out`]], { batch: size, filter }),
      map(`${id}-map`, [between?.[0]?.id ?? `${id}-out`], [...fromCustomer, { to: 'group', from: 'groups[0]', steps: [{ name: 'required' }] }]),
      ...between ?? [],
      restOut(`${id}-out`, system, { method: 'POST', path, removePath: path, removeMethod: 'POST', ...out }),
    ],
  }
}

describe('batches of a running hub', function () {
  this.timeout(60_000)
  let erp: RestTwin
  let gate: TwinServer
  /** Sizes of the requests the gated system got; it answers when it is let. */
  const sizes: number[] = []
  let opened = Promise.withResolvers<void>()
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }
  let count = 0

  before(async () => {
    erp = await startRestTwin({ system: 'erp', port: 0, secrets: {}, config: { idField: 'key' }, log: pino({ level: 'silent' }) })
    gate = await startTwinServer(0, async ({ body }) => {
      sizes.push(asList(JSON.parse(body.toString())).length)
      await opened.promise
      return { status: 200, body: {} }
    })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${IN_KEY}')), restSystem('erp', { baseUrl: erp.url }), restSystem('gate', { baseUrl: gate.url })],
      tabs: [
        customersFrom('from-shop', 'shop', { path: 'customers' }),
        batchesTo('each', { store: 'each', path: '/each/_bulk', out: results }),
        batchesTo('atomic', { store: 'atomic', path: '/atomic/_bulk?atomic=true' }),
        batchesTo('gated', { system: 'gate', store: 'gated', path: '/', size: 5 }),
        // A flow that takes the batch apart and puts its parts to rest one by one.
        { slug: 'parts', nodes: [
          changes('parts', 'erp', [['parts-split'], []], { batch: 10, filter: { match: 'all', rules: [{ path: 'homeStore', operator: 'equals', value: 'parts' }] } }),
          { id: 'parts-split', type: 'split', name: '', splt: '\\n', spltType: 'str', arraySplt: 1, arraySpltType: 'len', stream: false, addname: '', property: 'payload', wires: [['parts-map']] },
          map('parts-map', ['parts-which'], fromCustomer),
          { id: 'parts-which', type: 'switch', name: '', property: 'payload.name', propertyType: 'msg', rules: [{ t: 'eq', v: 'blocked', vt: 'str' }, { t: 'else' }], checkall: 'true', repair: false, outputs: 2, wires: [['parts-settle'], ['parts-out']] },
          { id: 'parts-settle', type: 'hub settle', name: '', decision: 'dead-letter', after: 300, reason: 'The customer is blocked', reasonProperty: '', wires: [] },
          restOut('parts-out', 'erp', { path: '/parts/{torg.delivery.recordId}', idPath: 'id' }),
        ] },
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    opened.resolve()
    await bench.close()
    await Promise.all([erp.close(), gate.close()])
  })
  afterEach(() => { erp.refuse(null) })

  /** Customers of a store, while the ERP is away so that they are due together; then it is back. */
  const together = async (store: string, names: string[], more: (name: string) => Json = () => ({})): Promise<number[]> => {
    const ids = names.map(() => (count += 1))
    const { failures } = erp.counts
    erp.fail({ status: 503 })
    await Promise.all(names.map((name, index) => bench.receive('shop/customers', { id: ids[index], name, store, groups: ['club'], ...more(name) }, key)))
    await until(async () => erp.counts.failures > failures && (await Promise.all(ids.map(id => bench.record('customer', 'shop', String(id)).then(() => true, () => false)))).every(Boolean), { what: 'all are saved' })
    erp.fail(null)
    return ids
  }
  const namesIn = (collection: string): unknown[] => erp.collections.list(collection).map(({ document }) => document['name'])
  const numbered = (word: string, length: number): string[] => Array.from({ length }, (_, index) => `${word} ${index}`)

  it('grow while one is under way, up to their size, and a lone record waits for nobody', async () => {
    const save = (name: string) => bench.receive('shop/customers', { id: (count += 1), name, store: 'gated', groups: ['club'] }, key)
    await save('lone')
    await until(() => sizes.length === 1, { what: 'the lone one is under way' })
    for (const name of numbered('crowd', 13)) await save(name)
    // Full batches do not wait for it; what is left over does.
    await until(() => sizes.length === 3, { what: 'the full ones are under way' })
    const database = new pg.Client({ connectionString: bench.databaseUrl })
    await database.connect()
    await until(async () => (await database.query('select 1 from torg.work where lane = \'gate.out\' and owner is not null')).rowCount === 14, { what: 'all are leased' })
    await database.end()
    opened.resolve()
    await bench.idle()
    expect(sizes).to.deep.equal([1, 5, 5, 3])
    opened = Promise.withResolvers<void>()
    opened.resolve()
  })

  it('settle each item with its own result: taken, refused with the field and value, its id kept', async () => {
    erp.refuse({ field: 'name', value: 'poison' })
    const ids = await together('each', ['a', 'poison', 'b', 'c'])
    const [dead] = await bench.deadLetters(1)
    await bench.idle()
    expect(namesIn('each')).to.have.members(['a', 'b', 'c'])
    expect(dead).to.deep.include({ node: 'each' })
    expect(dead?.error).to.deep.include({ code: 'system.refused', pointer: '/name', value: 'poison' })
    expect(asObject(dead?.error['node'])).to.deep.include({ id: 'each-out' })
    const record = await bench.record('customer', 'shop', String(ids[0]))
    expect(asList(record['refs'])).to.deep.include({ system: 'erp', kind: 'customer', id: `each-${String(record['id'])}` })
    expect(erp.counts.mixedUpKeys).to.equal(0)
    // What was refused goes out with its next version, alone or with others.
    erp.refuse(null)
    await bench.receive('shop/customers', { id: ids[1], name: 'mended', store: 'each', groups: ['club'] }, key)
    await bench.idle()
    expect(namesIn('each')).to.have.members(['a', 'b', 'c', 'mended'])
    expect(asList((await bench.call('/api/v1/dead-letters')).body['items'])).to.deep.equal([])
  })

  it('isolate what a system that takes all or nothing refuses; its neighbours arrive', async () => {
    erp.refuse({ field: 'name', value: 'poison' })
    const names = numbered('good', 9)
    await together('atomic', [...names.slice(0, 4), 'poison', ...names.slice(4)])
    const dead = await bench.deadLetters(1)
    await bench.idle()
    expect(namesIn('atomic')).to.have.members(names)
    expect(dead.map(({ node, error }) => [node, error['code'], asObject(asObject(dead[0]?.['input'])['document'])['name']])).to.deep.equal([['atomic', 'system.refused', 'poison']])
    expect((await bench.call(`/api/v1/dead-letters/${dead[0]?.id}/rerun`, { method: 'POST' })).status).to.equal(202)
    erp.refuse(null)
    await bench.idle()
  })

  it('leave what cannot be mapped behind, with the element\'s own pointer', async () => {
    await together('each', ['mapped', 'not mapped'], name => name === 'mapped' ? {} : { groups: [] })
    const [dead] = await bench.deadLetters(1)
    await bench.idle()
    expect(namesIn('each')).to.include('mapped').and.not.include('not mapped')
    expect(dead?.error).to.deep.include({ code: 'mapping.failed' })
    expect(asObject(dead?.error['node'])).to.deep.include({ id: 'each-map' })
  })

  it('can be taken apart by the flow: parts keep their references, and hub settle parks one', async () => {
    const before = (await bench.deadLetters(0)).length
    const ids = await together('parts', ['free', 'blocked', 'free too'])
    const dead = await bench.deadLetters(before + 1)
    await bench.idle()
    expect(namesIn('parts')).to.have.members(['free', 'free too'])
    expect(dead.filter(({ node }) => node === 'parts').map(({ error }) => error['detail'])).to.deep.equal(['The customer is blocked'])
    const record = await bench.record('customer', 'shop', String(ids[0]))
    expect(asList(record['refs'])).to.deep.include({ system: 'erp', kind: 'customer', id: record['id'] })
  })

  it('remove in batches too, and update the newest only', async () => {
    const ids = await together('atomic', ['stays', 'leaves'])
    await bench.idle()
    const writes = erp.counts.writes
    await bench.receive('shop/customers', { id: ids[1], name: 'leaves', store: 'elsewhere', groups: ['club'] }, key)
    await bench.idle()
    // The stand-in's bulk endpoint knows no removals: it counts what it was sent.
    expect(erp.counts.writes).to.equal(writes + 1)
    expect(erp.counts.mixedUpKeys).to.equal(0)
  })
})
