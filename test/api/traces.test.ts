import { expect } from 'chai'
import { TorgError } from '../../runtime/errors.ts'
import { kinds } from '../../runtime/model/index.ts'
import { openStore } from '../../runtime/store/index.ts'
import type { EntityWrite, NewMessage, Store } from '../../runtime/store/types.ts'
import { createTestDatabase } from '../support/database.ts'
import { call, createTestLog, source, startApi, type Answer, type RunningApi } from './harness.ts'

const at = '2026-03-01T08:00:00.000Z'
const flows = [
  { id: 'tab', type: 'tab', label: 'Customers' }, { id: 'in', type: 'rest in', z: 'tab', name: 'From the shop' },
  { id: 'out', type: 'hub changes', z: 'tab', name: 'To the CRM', wires: [['switch'], ['never']] }, { id: 'switch', type: 'switch', wires: [['off', 'map'], ['other']] },
  { id: 'off', type: 'map', d: true }, { id: 'map', type: 'map', name: 'As the CRM has them', mapping: 'good', wires: [['next']] }, { id: 'next', type: 'map', mapping: 'good' }, { id: 'other', type: 'map', mapping: 'bad' }, { id: 'never', type: 'map', mapping: 'good' },
]

describe('where something is, over HTTP', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>
  let store: Store
  let api: RunningApi
  before(async () => {
    database = await createTestDatabase()
    store = await openStore({ databaseUrl: database.url, log: createTestLog('silent').log })
    await store.configure({ subscriptions: [{ id: 'out', kind: 'customer', system: 'crm', lane: 'crm.out', matches: () => true }], roles: { of: () => undefined }, kinds: new Map([...kinds].map(([name, kind]) => [name, kind.rules])) })
    await store.deploy({ revision: '1', by: 'admin', from: 'api', note: null, flows, credentials: {} })
    const registered = { ...source('in'), nodeId: 'out', kind: 'customer', lane: 'crm.out' as const, matches: () => true }
    api = await startApi({
      store, lanes: { names: () => ['shop.in'], nodes: () => [], refresh: () => undefined },
      subscription: id => id === 'out' ? { ...registered, toFlow: ({ record }, torg) => ({ payload: record.document, torg }) } : undefined,
      compile: mapping => {
        if (mapping === 'bad') throw new TorgError('mapping.invalid', 'No such step.')
        return document => ({ Name: Reflect.get(Object(document), 'name'), Source: 'WEB' })
      },
    })
    api.hub.sources = [source('in')]
  })
  after(async () => {
    await api.close()
    await store.close()
    await database.drop()
  })

  const get = (path: string): Promise<Answer> => call(`${api.url}/api/v1${path}`)
  const post = (path: string, body: unknown): Promise<Answer> => call(`${api.url}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const receive = async (body: string, over: Partial<NewMessage> = {}): Promise<string> =>
    (await store.receive({ lane: 'shop.in', system: 'shop', source: 'in', topic: 'orders/create', key: '7', eventId: null, contentType: 'application/json', headers: {}, body: Buffer.from(body), sourceTime: null, error: new TorgError('mapping.failed', 'refused').toJSON(), ...over })).id
  const save = async (document: Record<string, unknown>, over: Partial<EntityWrite> = {}) => {
    const [saved] = await store.save([{ kind: 'customer', schema: 'customer@1', operation: 'upsert', refs: [{ system: 'shop', kind: 'customer', id: 'C-7' }], number: '7001', document, origin: { system: 'shop', message: null, at, node: 'in' }, sourceTime: null, ...over }])
    if (!saved) throw new Error('not saved')
    return saved.record
  }

  it('is asked as people ask, and answered without personal data', async () => {
    const record = await save({ type: 'person', name: 'Kari Nordmann' })
    const dying = await receive('{"id":"8","note":"for 7001"}', { key: 'kari@example.no' })
    for (const q of ['7001', '%237001', 'customer 7001', 'Kunde 7001', 'shop:C-7', 'C-7', record.id]) {
      const { records } = (await get(`/search?q=${q}`)).json() as { records: { id: string }[] }
      expect(records.map(({ id }) => id), q).to.deep.equal([record.id])
    }
    expect((await get('/search?q=order%207001')).json()['records'], 'of another kind').to.deep.equal([])
    expect((await get('/search?q=7001')).json()['messages']).to.have.nested.property('[0]').that.includes({ id: dying, key: 'xxxx@xxxxxxx.xx', state: 'dead' })
    for (const q of ['', '%20', 'x'.repeat(201)]) expect((await get(`/search?q=${q}`)).json(), q).to.include({ status: 400 })
    expect((await get('/search?q=7&masked=no')).status).to.equal(400)
  })

  it('is a timeline with places, states and masked content', async () => {
    const record = await save({ type: 'person', name: 'Kari Nordmann', groups: ['club'] })
    const timeline = (await get(`/customers/${record.id}/timeline`)).json()
    expect(timeline).to.deep.include({ kind: 'customer', number: '7001' }).and.to.have.nested.property('entity.name', 'Xxxx Xxxxxxxx')
    expect((timeline['events'] as { what: string }[]).map(({ what }) => what)).to.deep.equal(['saved', 'delivery'])
    expect(timeline).to.have.nested.property('events[0]').that.deep.includes({ system: 'shop', node: { id: 'in', name: 'From the shop', tab: 'Customers' } })
    expect(timeline).to.have.nested.property('events[1]').that.deep.includes({ system: 'crm', state: 'waiting', version: 2, node: { id: 'out', name: 'To the CRM', tab: 'Customers' }, attempts: [] })
    expect((await get(`/customers/${record.id}/timeline?masked=false`)).json()).to.have.nested.property('entity.name', 'Kari Nordmann')
    expect((await get('/customers/0190c1a2-0000-7000-8000-000000000000/timeline')).status).to.equal(404)

    const sent = await get(`/customers/${record.id}/sent/out`)
    expect(sent.json()).to.deep.include({ version: 2, operation: 'upsert', document: { type: 'person', name: 'Xxxx Xxxxxxxx', groups: ['club'] } })
    expect(sent.json()['mapped'], 'the first mappings, without the disabled one and those for removals').to.deep.include({ node: 'map', name: 'As the CRM has them', document: { Name: 'Xxxx Xxxxxxxx', Source: 'WEB' } })
      .and.to.have.length(2).and.to.have.nested.property('[1].error.code', 'mapping.invalid')
    expect((await get(`/customers/${record.id}/sent/out?masked=false`)).text).to.include('"Name":"Kari Nordmann"')
    expect((await get(`/customers/${record.id}/sent/none`)).status).to.equal(404)
  })

  it('is a message as it came, or masked', async () => {
    const id = await receive('{"name":"Kari","total":"12.50"}', { contentType: 'application/json' })
    expect(JSON.parse(String((await get(`/messages/${id}`)).json()['body']))).to.deep.equal({ name: 'Xxxx', total: '12.50' })
    expect((await get(`/messages/${id}?masked=false`)).json()).to.include({ body: '{"name":"Kari","total":"12.50"}' })
    expect((await get('/messages/x')).status).to.equal(404)
    const broken = await receive('Kari: 12', { contentType: 'text/plain' })
    expect((await get(`/dead-letters/m-${broken}?masked=true`)).json()).to.have.nested.property('input.body', 'Xxxx: 99')
  })

  it('is mended: checked as it would be on arrival, and run under the key it says', async () => {
    const id = await receive('{"id":"7","total":"x"}')
    const mend = (body: unknown, of = `m-${id}`): Promise<Answer> => post(`/dead-letters/${of}/mend`, { body, note: 'Wrong total.' })
    expect((await mend('{"id":')).json()).to.include({ status: 400, code: 'request.not-json' })
    expect((await mend(7)).json()).to.include({ status: 400, pointer: '/body' })
    expect((await mend('x'.repeat(65 * 1024))).json()).to.include({ status: 413 })
    const answer = await mend('{"id":"8","total":"1"}')
    expect(answer.status).to.equal(202)
    const mended = answer.json()
    expect(mended['closed']).to.include({ by: 'admin', note: 'Wrong total.', mended: mended['id'] })
    expect(await store.message(String(mended['id']).slice(2))).to.include({ key: '8', state: 'pending' })
    expect((await mend('{}')).status, 'once').to.equal(404)

    const keyless = `m-${await receive('{}', { key: null, error: new TorgError('message.no-key', 'no key').toJSON() })}`
    expect((await mend('{"total":1}', keyless)).json()).to.include({ status: 422, code: 'message.no-key' })
    expect((await mend('{"id":"9"}', keyless)).status).to.equal(202)
  })

  it('is run again or closed by a list of ids', async () => {
    const [one, other] = [`m-${await receive('{}')}`, `m-${await receive('{}')}`]
    expect((await post('/dead-letters/rerun', { ids: [one, 'm-none'] })).json()).to.deep.equal({ reopened: 1, gone: ['m-none'], repairs: [] })
    expect((await post('/dead-letters/close', { ids: [one, other], note: 'By hand.' })).json()).to.deep.equal({ closed: 1, gone: [one] })
    for (const ids of [[], ['x', 1], 'x']) expect((await post('/dead-letters/rerun', { ids })).json(), String(ids)).to.include({ status: 400, pointer: '/ids' })
    expect((await post('/dead-letters/rerun', { ids: [one], lane: 'shop.in' })).status).to.equal(400)
  })
})
