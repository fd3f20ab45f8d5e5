/** What systems get of a record's changes: the newest, what they want, nothing they said themselves, and when to let go of it. */
import { expect } from 'chai'
import { pino } from 'pino'
import { startRestTwin, type RestTwin } from '../../nodes/rest/twin/index.ts'
import { startTwinServer, type TwinServer } from '../../runtime/twins/server.ts'
import { until } from '../support/until.ts'
import { prepareBench, type Bench } from './bench.ts'
import { asList, asObject, byKey, customersFrom, customersTo, map, restIn, restSystem, save, type Json } from './flows.ts'

describe('deliveries of a running hub', function () {
  this.timeout(60_000)
  const twins = new Map<string, RestTwin>()
  let slow: TwinServer
  /** Names the slow system was sent, and what lets it answer. */
  const slowGot: string[] = []
  let release: () => void = () => undefined
  let held: Promise<void> = Promise.resolve()
  let bench: Bench
  const key = { 'x-key': 'key-of-webhooks' }
  const log = pino({ level: 'silent' })

  before(async () => {
    for (const name of ['erp', 'crm', 'shop']) twins.set(name, await startRestTwin({ system: name, port: 0, secrets: {}, log }))
    slow = await startTwinServer(0, async ({ body }) => {
      slowGot.push(String(asObject(JSON.parse(body.toString()))['name']))
      await held
      return { status: 200, body: {} }
    })
    const url = (name: string): Json => ({ baseUrl: twins.get(name)?.url ?? '' })
    bench = await prepareBench({
      systems: [restSystem('shop', { ...byKey('${IN_KEY}'), ...url('shop') }), restSystem('crm', { ...byKey('${IN_KEY}'), ...url('crm') }), restSystem('erp', url('erp')), restSystem('slow', { baseUrl: slow.url })],
      roles: [{ kind: 'customer', masters: [['shop', 'crm']], merge: 'newest' }, { kind: 'customer', field: 'homeStore', masters: ['shop'] }],
      tabs: [
        customersFrom('from-shop', 'shop', { path: 'customers', timePath: 'at' }),
        { slug: 'shop-deletes', nodes: [restIn('shop-deletes', 'shop', ['shop-deletes-map'], { path: 'deleted' }), map('shop-deletes-map', ['shop-deletes-save'], [{ to: 'refs[0].id', from: 'id', steps: [{ name: 'text' }] }]), save('shop-deletes-save', { operation: 'remove' })] },
        // The CRM knows customers by the shop's number too.
        { slug: 'from-crm', nodes: [restIn('from-crm', 'crm', ['from-crm-map'], { path: 'customers' }), map('from-crm-map', ['from-crm-save'], [
          { to: 'refs[0].id', from: 'id', steps: [{ name: 'text' }] }, { to: 'refs[1].id', from: 'shopId', steps: [{ name: 'text' }] }, { to: 'refs[1].system', value: 'shop' },
          { to: 'type', value: 'person' }, { to: 'name', from: 'name' }, { to: 'homeStore', from: 'store' }]), save('from-crm-save')] },
        customersTo('to-shop', 'shop'),
        // Gives ids of its own, and is updated by them.
        customersTo('to-crm', 'crm', { out: { method: 'POST', path: '/contacts', idPath: 'id', update: true, updateMethod: 'PUT', updatePath: '/contacts/{reference}', removePath: '/contacts/{reference}' } }),
        customersTo('to-erp', 'erp', { filter: [{ path: 'groups', operator: 'one of', value: ['club'] }] }),
        customersTo('to-slow', 'slow', { filter: [{ path: 'homeStore', operator: 'equals', value: 'slow' }] }),
      ],
    }, { IN_KEY: 'key-of-webhooks' })
    await bench.start()
  })
  after(async () => {
    release()
    await bench.close()
    await Promise.all([slow, ...twins.values()].map(twin => twin.close()))
  })

  const twin = (name: string): RestTwin => twins.get(name) ?? expect.fail(`no twin ${name}`)
  const fromShop = (body: Json) => bench.receive('shop/customers', body, key)
  const at = (name: string, collection = 'customers') => twin(name).collections.list(collection).map(({ document }) => document)
  const idOf = async (id: number): Promise<string> => String((await bench.record('customer', 'shop', String(id)))['id'])
  const documentOf = async (id: number): Promise<Json> => (await bench.record('customer', 'shop', String(id)))

  it('removes what the filter no longer wants, and what was deleted; nothing that was never there', async () => {
    await fromShop({ id: 1, name: 'Club Member', groups: ['club'] })
    await bench.idle()
    expect(at('erp')).to.have.deep.members([{ key: await idOf(1), name: 'Club Member', version: 1 }])
    await fromShop({ id: 1, name: 'Club Member', groups: ['guest'] })
    await bench.idle()
    expect(at('erp')).to.deep.equal([])
    await fromShop({ id: 1, name: 'Club Member', groups: ['club'] })
    await bench.idle()
    expect(at('erp')).to.have.length(1)
    await bench.receive('shop/deleted', { id: 1 }, key)
    await bench.idle()
    expect(at('erp')).to.deep.equal([])
    expect(at('crm', 'contacts').filter(({ name }) => name === 'Club Member')).to.deep.equal([])
    expect((await bench.record('customer', 'shop', '1'))['deletedAt']).to.be.a('string')
    const requests = twin('erp').counts.requests
    await fromShop({ id: 2, name: 'No Member', groups: [] })
    await bench.receive('shop/deleted', { id: 2 }, key)
    await bench.idle()
    expect(twin('erp').counts.requests).to.equal(requests)
  })

  it('never sends what was removed again before its first delivery', async () => {
    held = new Promise(resolve => { release = resolve })
    await fromShop({ id: 3, name: 'Holds the line', store: 'slow' })
    await until(() => slowGot.length === 1, { what: 'the slow system is busy' })
    // The lane is free for other keys, so the system itself is made to refuse for now.
    twin('crm').fail({ status: 503, retryAfter: 1 })
    await fromShop({ id: 4, name: 'Short Lived' })
    await until(() => bench.record('customer', 'shop', '4').then(() => true, () => false), { what: 'it is saved' })
    await until(() => twin('crm').counts.failures > 0, { what: 'the first attempt failed' })
    await bench.receive('shop/deleted', { id: 4 }, key)
    await until(async () => (await bench.record('customer', 'shop', '4'))['deletedAt'] !== undefined, { what: 'it is deleted' })
    twin('crm').fail(null)
    release()
    await bench.idle()
    expect(at('crm', 'contacts').filter(({ name }) => name === 'Short Lived')).to.deep.equal([])
    slowGot.length = 0
  })

  it('brings the newest only, however many changes came while the system was slow', async () => {
    held = new Promise(resolve => { release = resolve })
    await fromShop({ id: 5, name: 'Change 0', store: 'slow' })
    await until(() => slowGot.length === 1, { what: 'the first delivery is under way' })
    for (let count = 1; count <= 20; count++) await fromShop({ id: 5, name: `Change ${count}`, store: 'slow' })
    await until(async () => (await documentOf(5))['name'] === 'Change 20', { what: 'every change is saved' })
    release()
    await bench.idle()
    expect(slowGot).to.deep.equal(['Change 0', 'Change 20'])
  })

  it('uses the id that the system gave for every later update, and for its removal', async () => {
    await fromShop({ id: 6, name: 'Given Id' })
    await bench.idle()
    const [given] = twin('crm').collections.list('contacts').filter(({ document }) => document['name'] === 'Given Id')
    const refs = asList((await bench.record('customer', 'shop', '6'))['refs'])
    expect(refs).to.deep.include({ system: 'crm', kind: 'customer', id: given?.id })
    await fromShop({ id: 6, name: 'Given Id, renamed' })
    await bench.idle()
    expect(twin('crm').collections.get('contacts', given?.id ?? '')?.document).to.include({ name: 'Given Id, renamed' })
    expect(at('crm', 'contacts').filter(({ name }) => String(name).startsWith('Given Id'))).to.have.length(1)
    await bench.receive('shop/deleted', { id: 6 }, key)
    await bench.idle()
    expect(at('crm', 'contacts').filter(({ name }) => String(name).startsWith('Given Id'))).to.deep.equal([])
  })

  it('sends no system its own change back, unless a part of it was refused', async () => {
    await fromShop({ id: 10, name: 'Echo', store: 'oslo' })
    await bench.idle()
    expect(at('shop')).to.deep.equal([])
    const [contact] = twin('crm').collections.list('contacts').filter(({ document }) => document['name'] === 'Echo')
    const writes = contact?.writes
    await bench.receive('crm/customers', { id: contact?.id, shopId: 10, name: 'Echo of the CRM' }, key)
    await bench.idle()
    expect(at('shop').map(({ name }) => name)).to.deep.equal(['Echo of the CRM'])
    expect(twin('crm').collections.get('contacts', contact?.id ?? '')?.writes).to.equal(writes)

    // The store is the shop's to say: the name counts, the store does not, and the CRM is told what holds.
    await bench.receive('crm/customers', { id: contact?.id, shopId: 10, name: 'Echo again', store: 'bergen' }, key)
    await bench.idle()
    expect(await documentOf(10)).to.include({ name: 'Echo again', homeStore: 'oslo' })
    expect(twin('crm').collections.get('contacts', contact?.id ?? '')?.document).to.include({ name: 'Echo again', store: 'oslo' })
  })

  it('does not apply what is older than what the same system said before', async () => {
    await fromShop({ id: 11, name: 'Newer', at: '2026-03-02T10:00:00Z' })
    await bench.idle()
    const requests = twin('crm').counts.requests
    await fromShop({ id: 11, name: 'Older', at: '2026-03-02T09:59:59Z' })
    await bench.idle()
    expect(await documentOf(11)).to.include({ name: 'Newer' })
    expect(twin('crm').counts.requests).to.equal(requests)
  })

  it('raises nothing for the same content', async () => {
    await fromShop({ id: 12, name: 'Same', groups: ['club'], store: 'oslo' })
    await bench.idle()
    const requests = [...twins.values()].map(({ counts }) => counts.requests)
    for (let count = 0; count < 3; count++) await fromShop({ store: 'oslo', groups: ['club'], name: 'Same', id: 12 })
    await bench.idle()
    expect((await bench.record('customer', 'shop', '12'))['version']).to.equal(1)
    expect([...twins.values()].map(({ counts }) => counts.requests)).to.deep.equal(requests)
  })

  it('parks nothing of all this', async () => {
    expect(await bench.deadLetters(0)).to.deep.equal([])
  })
})
