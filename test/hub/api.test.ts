/** What others reach from outside: a client made from the OpenAPI document, the role table's readers, and the command line, at a whole hub. */
import { expect } from 'chai'
import { OpenAPIClientAxios, type OpenAPIClient } from 'openapi-client-axios'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { kinds } from '../../runtime/model/index.ts'
import { torg } from '../support/torg.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { byKey, changes, customersFrom, map, restOut, restSystem } from './flows.ts'

/** Notes are not for the till. */
const roles = [
  { kind: 'customer', masters: ['crm', 'shop'] },
  { kind: 'customer', field: 'notes', readers: ['crm', 'shop'] },
  { kind: 'price', masters: ['erp'] },
]

const everything = [{ to: 'key', from: 'id' }, { to: 'record', from: '$' }]

describe('a whole hub from outside', function () {
  this.timeout(60_000)
  let bench: Bench
  const twins = new Map<string, RestTwin>()
  before(async () => {
    for (const system of ['crm', 'till']) twins.set(system, await startRestTwin({ system, port: 0, secrets: {}, log: pino({ level: 'silent' }) }))
    const to = (system: string) => ({ slug: `to-${system}`, nodes: [changes(`to-${system}`, system, [[`to-${system}-map`], []]), map(`to-${system}-map`, [`to-${system}-out`], everything), restOut(`to-${system}-out`, system)] })
    bench = await prepareBench({
      systems: [restSystem('shop', byKey('${SHOP_SECRET}')), restSystem('erp'), ...['crm', 'till'].map((system) => restSystem(system, { baseUrl: twins.get(system)?.url }))],
      tabs: [customersFrom('from-shop', 'shop'), to('crm'), to('till')], roles,
    }, { SHOP_SECRET: 'a secret of the shop' })
    await bench.start()
  })
  after(async () => {
    await bench.close()
    for (const twin of twins.values()) await twin.close()
  })

  const clientOf = async (key: string): Promise<OpenAPIClient> => {
    const headers = { authorization: `Bearer ${key}` }
    const { text } = await bench.call('/api/v1/openapi.json')
    return new OpenAPIClientAxios({ definition: JSON.parse(text), axiosConfigDefaults: { headers, validateStatus: () => true } }).getClient()
  }
  const keyFor = async (system: string, scopes: string[]): Promise<string> => String((await bench.call('/api/v1/keys', { method: 'POST', body: { name: system, scopes, system } })).body['key'])
  const ask = async (client: OpenAPIClient, operation: string, parameters: Record<string, string> = {}, body?: unknown): Promise<{ status: number, data: Record<string, unknown> }> => {
    const call = client[operation]
    if (!call) throw new Error(`the document has no operation ${operation}`)
    const { status, data } = await call(parameters, body)
    return { status, data }
  }
  const received = (system: string, id: string): unknown => twins.get(system)?.collections.get('customers', id)?.document['record']

  it('a client made from the OpenAPI document reads, searches, writes, meets a conflict, and asks for prices', async () => {
    const crm = await clientOf(await keyFor('crm', ['read:*', 'write:*']))
    const customer = { ...kinds.get('customer')?.example, refs: [{ id: '7' }], number: 'K7', notes: [{ text: 'Ring before noon', audience: 'internal' }] }
    const created = await ask(crm, 'saveCustomer', {}, customer)
    expect(created.status).to.equal(201)
    const id = String(created.data['id'])
    expect((await ask(crm, 'getCustomer', { id })).data).to.include({ id, number: 'K7' })
    expect((await ask(crm, 'listCustomers', { ref: 'crm/customer/7' })).data).to.have.nested.property('items[0].id', id)
    expect((await ask(crm, 'updateCustomer', { id, 'If-Match': '"1"' }, { language: 'sv' })).data).to.include({ outcome: 'updated', version: 2 })
    expect((await ask(crm, 'updateCustomer', { id, 'If-Match': '"1"' }, { language: 'da' })).status).to.equal(412)
    const wrong = await ask(crm, 'updateCustomer', { id }, { phones: [{ value: '400 00 123' }] })
    expect(wrong.status).to.equal(422)
    expect(wrong.data).to.have.nested.property('errors[0].pointer', '/phones/0/value')

    const erp = await clientOf(await keyFor('erp', ['read:*', 'write:price', 'write:variant']))
    const article = await ask(erp, 'saveVariant', {}, { sku: 'A-1', unit: 'H87', refs: [{ id: 'A-1' }] })
    expect(article.status, JSON.stringify(article.data)).to.equal(201)
    expect((await ask(erp, 'savePrice', {}, { refs: [{ id: 'P-1' }], variant: { id: article.data['id'] }, type: 'regular', list: 'consumer', value: { amount: '129.90', currency: 'NOK' }, taxIncluded: true })).status).to.equal(201)
    expect((await ask(erp, 'lookUpPrices', {}, { skus: ['A-1', 'none'], currency: 'NOK' })).data).to.have.nested.property('items[0].price.value.amount', '129.90')
    expect((await ask(erp, 'deleteCustomer', { id })).status, 'a scope that lacks').to.equal(403)
    expect((await ask(await clientOf('torg_000000000000_wrong'), 'getCustomer', { id })).status, 'a wrong key').to.equal(401)
  })

  it('gives a system that may not read a field the record without it, in deliveries and over the API', async () => {
    const { id } = await bench.record('customer', 'crm', '7')
    await until(() => received('till', String(id)) !== undefined, { what: 'the till has the customer' })
    expect(received('till', String(id))).to.include({ number: 'K7', language: 'sv' }).and.not.to.have.property('notes')
    expect((await ask(await clientOf(await keyFor('till', ['read:customer'])), 'getCustomer', { id: String(id) })).data).to.include({ number: 'K7' }).and.not.to.have.property('notes')
    expect((await ask(await clientOf(await keyFor('shop', ['read:customer'])), 'getCustomer', { id: String(id) })).data).to.have.nested.property('notes[0].text', 'Ring before noon')
  })

  describe('torg explain', () => {
    const explain = (...args: string[]) => torg(['explain', ...args], { env: { TORG_PORT: new URL(bench.url).port } })

    it('says who set a field, by which mapping and rule, and what was not applied', async () => {
      const { id } = await bench.record('customer', 'crm', '7')
      await bench.call('/api/v1/references?kind=customer&system=shop', { method: 'POST', body: JSON.stringify({ id: '70', record: id }), headers: { 'content-type': 'application/x-ndjson' } })
      await bench.receive('shop', { id: '70', name: 'Another Name', store: 'bergen' }, { 'x-key': 'a secret of the shop' })
      await bench.idle()
      const { code, out, err } = await explain('customer', 'K7', 'name')
      expect({ code, err }).to.deep.equal({ code: 0, err: '' })
      expect(out).to.match(/^name is "Ingrid Solbakken": as said by crm at /).and.include('Not applied: "Another Name", said by shop').and.include('crm is ranked higher and has said something')
      const set = await explain('customer', 'shop:70', 'homeStore', '--json')
      expect(JSON.parse(set.out)).to.have.nested.property('items[0].field', '/homeStore')
    })
    it('ends with 1 where there is no such record, and with 2 where it is asked wrongly', async () => {
      const unknown = await explain('customer', 'K8')
      expect([unknown.code, unknown.out]).to.deep.equal([1, ''])
      expect(unknown.err).to.include('K8')
      expect((await explain('customer')).code).to.equal(2)
    })
  })

  describe('torg check', () => {
    it('ends with 0 where a project holds, and tells what is seldom meant', async () => {
      const { code, out } = await torg(['check', bench.folder])
      expect(code).to.equal(0)
      expect(out).to.include('bench holds: nothing wrong was found.')
    })
    it('ends with 1 and names file, field and value where it does not', async () => {
      const broken = await prepareBench({ systems: [restSystem('shop')], tabs: [], roles: [{ kind: 'customer', masters: ['shp'] }] })
      const { code, out, err } = await torg(['check', broken.folder])
      expect([code, err]).to.deep.equal([1, ''])
      expect(out).to.include('roles.json').and.include('"shp"').and.include('there are shop')
      expect((await torg(['check'])).code).to.equal(2)
      await broken.close()
    })
  })
})
